import { LEGS_KEPT_SECONDS } from '../../core/capture-command.ts';
import type { Writing } from './writing.ts';

/** A leg that a PBX told of, and what it came to. */
export interface SeenLeg {
  pbx: string;
  legId: string;
  verdict: 'missed' | 'reached';
  at: number;
}

/** Remembers a leg. @returns false when it was remembered before: somebody else has told of it */
export function isNewLeg({ connection, now }: Writing, { pbx, legId, verdict, at }: SeenLeg): boolean {
  const { changes } = connection.run(
    'INSERT INTO seen_legs (pbx, leg_id, verdict, at, heard_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    [pbx, legId, verdict, at, now],
  );
  return changes > 0;
}

export function isSeen({ connection }: Writing, { pbx, legId, verdict }: Omit<SeenLeg, 'at'>): boolean {
  const question = 'SELECT 1 FROM seen_legs WHERE pbx = ? AND leg_id = ? AND verdict = ?';
  return connection.get(question, [pbx, legId, verdict]) !== undefined;
}

/**
 * Whether the leg may have been forgotten: as when a record is read once more from its beginning. Measured by the clock
 * of the PBX, as far as legs have told it: the callers of a PBX whose clock is wrong by years are missed all the same.
 */
export function isTooOld({ connection, now }: Writing, pbx: string, at: number): boolean {
  const newest = connection.value('SELECT max(at) FROM seen_legs INDEXED BY seen_legs_by_pbx WHERE pbx = ?', [pbx]);
  return at < Math.min(now, (newest as number | null) ?? at) - LEGS_KEPT_SECONDS;
}

/** Of each table a few at a time, with every new leg, so that nothing has to be tidied at some other time. */
const FORGOTTEN_AT_ONCE = 4;
/** Longer than legs are taken in, so that no clock that is set right brings a forgotten leg back. */
const MARGIN_SECONDS = 2 * 86_400;

const FORGET = [
  ['seen_legs', 'pbx, leg_id, verdict'],
  ['last_reached', 'project_id, number'],
  ['own_channels', 'channel_id'],
].map(
  ([table, key]) =>
    `DELETE FROM ${table} WHERE (${key}) IN
      (SELECT ${key} FROM ${table} INDEXED BY ${table}_by_time WHERE heard_at < ? LIMIT ${FORGOTTEN_AT_ONCE})`,
);

export function forgetOldLegs({ connection, now }: Writing): void {
  for (const statement of FORGET) connection.run(statement, [now - LEGS_KEPT_SECONDS - MARGIN_SECONDS]);
}
