import type { Settings } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { StoreUnusableError } from '../core/errors.ts';
import { backUp, type MadeBackup } from '../store/sqlite/backup.ts';
import { databasePath, isPostgres } from './open-store.ts';

/**
 * Copies the database to a new file as of one moment, beside whoever uses it.
 *
 * @param onProgress hears the share that is done, 0 to 1
 * @throws StoreUnusableError when the file exists, cannot be written, or the database is damaged
 */
export async function backUpDatabase(
  settings: Settings,
  target: string,
  onProgress: (share: number) => void,
): Promise<MadeBackup> {
  if (isPostgres(settings)) {
    throw new StoreUnusableError(
      'PostgreSQL makes backups by its own means, such as pg_dump --format=custom, or those of whoever runs it',
    );
  }
  return backUp({ source: databasePath(settings), target, now: systemClock.now(), onProgress });
}
