/**
 * Where the time of the last backup is kept: among the places of readers, under no PBX, as seconds since 1970. The copy
 * does not have it, as it is noted when the copy is complete.
 */
export const BACKUP_PLACE = { pbx: '', reader: 'backup' } as const;
