import { OPEN_STATUSES } from '../../core/call.ts';
import type { Tidied, TidyLimits } from '../../core/call-writer.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { countRemoved } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { literals } from './literals.ts';

/** Something to be tidied, in small pieces, each within a transaction of its own. */
export interface TidyTask {
  what: keyof Tidied;
  /**
   * Does one piece.
   * @param from where the piece before ended; undefined at the beginning
   */
  step(from: Place | undefined): TidyStep;
}

export type Place = readonly number[];

export interface TidyStep {
  removed: number;
  /** Where to go on; undefined: there is nothing left. */
  next: Place | undefined;
}

const BATCH = 500;
/** A call has some thirty entries in indexes, so that fewer of them are a batch. */
const CALLS = 200;

export function tidyTasks(connection: Connection, limits: TidyLimits): TidyTask[] {
  const { historyBefore, changesBefore, closedCallsBefore, repeatsBefore, doNotCallBefore } = limits;
  const tasks: (TidyTask | undefined)[] = [
    { what: 'repeats', step: () => removeRepeats(connection, repeatsBefore) },
    closedCallsBefore === undefined
      ? undefined
      : { what: 'calls', step: (from) => removeCalls(connection, closedCallsBefore, from) },
    historyBefore === undefined
      ? undefined
      : { what: 'history', step: (from) => removeHistory(connection, historyBefore, from) },
    changesBefore === undefined ? undefined : { what: 'changes', step: () => removeChanges(connection, changesBefore) },
    doNotCallBefore === undefined
      ? undefined
      : { what: 'doNotCall', step: () => removeEndedDoNotCall(connection, doNotCallBefore) },
  ];
  return tasks.filter((task) => task !== undefined);
}

function removeRepeats(connection: Connection, before: EpochSeconds): TidyStep {
  const { changes } = connection.run(
    `DELETE FROM repeats WHERE (token_id, key) IN
      (SELECT token_id, key FROM repeats INDEXED BY repeats_by_expiry WHERE expires < ? LIMIT ${BATCH})`,
    [before],
  );
  return { removed: changes, next: changes < BATCH ? undefined : [] };
}

function removeEndedDoNotCall(connection: Connection, before: EpochSeconds): TidyStep {
  const { changes } = connection.run(
    `DELETE FROM do_not_call WHERE (number_reversed, project_id) IN
      (SELECT number_reversed, project_id FROM do_not_call INDEXED BY do_not_call_by_end WHERE until < ? LIMIT ${BATCH})`,
    [before],
  );
  return { removed: changes, next: changes < BATCH ? undefined : [] };
}

/** In the meta table: the last sequence that was removed from the feed. */
export const REMOVED_THROUGH = 'changes_removed_through';

/** From the old end only, so that what is kept is without holes. */
function removeChanges(connection: Connection, before: EpochSeconds): TidyStep {
  const oldest = connection.all(`SELECT sequence, at FROM changes ORDER BY sequence LIMIT ${BATCH}`);
  const kept = oldest.findIndex(([, at]) => (at as number) >= before);
  const old = kept < 0 ? oldest : oldest.slice(0, kept);
  const last = old.at(-1)?.[0];
  if (last === undefined) return { removed: 0, next: undefined };
  connection.run('DELETE FROM changes WHERE sequence <= ?', [last]);
  connection.run('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [
    REMOVED_THROUGH,
    String(last),
  ]);
  return { removed: old.length, next: old.length < BATCH ? undefined : [] };
}

/** Goes through all of it, as no index is kept for this (schema/002-journal.ts). */
function removeHistory(connection: Connection, before: EpochSeconds, from: Place | undefined): TidyStep {
  const after = from ?? [Number.MIN_SAFE_INTEGER, 0];
  const until = connection.get(
    `SELECT call_id, number FROM history WHERE (call_id, number) > (?, ?) ORDER BY call_id, number
      LIMIT 1 OFFSET ${BATCH - 1}`,
    after,
  ) as [number, number] | undefined;
  const { changes } = connection.run(
    'DELETE FROM history WHERE (call_id, number) > (?, ?) AND (call_id, number) <= (?, ?) AND at < ?',
    [...after, ...(until ?? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]), before],
  );
  return { removed: changes, next: until };
}

/**
 * Closed calls with all that belongs to them. Entries of the feed stay and are passed over by readers; the new ones are
 * for processes that keep lists of calls (lists/follow-feed.ts).
 */
function removeCalls(connection: Connection, before: EpochSeconds, from: Place | undefined): TidyStep {
  const [oldest = Number.MIN_SAFE_INTEGER] = from ?? [];
  const old = connection.all(
    `SELECT id, updated_at FROM calls INDEXED BY calls_by_updated_at
      WHERE updated_at >= ? AND updated_at < ? AND status NOT IN (${literals(OPEN_STATUSES)})
      ORDER BY updated_at LIMIT ${CALLS}`,
    [oldest, before],
  ) as [number, number][];
  const ids = [JSON.stringify(old.map(([id]) => id))] as const;
  countRemoved(connection, ids[0]);
  connection.run(
    `INSERT INTO changes (call_id, project_id, at)
      SELECT id, project_id, unixepoch() FROM calls WHERE id IN (SELECT value FROM json_each(?))`,
    ids,
  );
  connection.run('DELETE FROM history WHERE call_id IN (SELECT value FROM json_each(?))', ids);
  connection.run('DELETE FROM names WHERE rowid IN (SELECT value FROM json_each(?))', ids);
  connection.run('DELETE FROM bodies WHERE id IN (SELECT value FROM json_each(?))', ids);
  connection.run('DELETE FROM calls WHERE id IN (SELECT value FROM json_each(?))', ids);
  const last = old.at(-1)?.[1];
  return { removed: old.length, next: old.length < CALLS || last === undefined ? undefined : [last] };
}
