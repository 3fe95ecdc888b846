import { OPEN_STATUSES } from '../../core/call.ts';
import type { Tidied, TidyLimits } from '../../core/call-writer.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Connection } from './connection.ts';
import { literals } from './literals.ts';

/** One small piece of tidying, within a transaction of its own. */
export interface TidyStep {
  what: keyof Tidied;
  /** @returns how many were removed, and whether there is nothing left to look at */
  run(): { removed: number; isDone: boolean };
}

const BATCH = 500;
/** A call has some thirty entries in indexes, so that fewer of them are a batch. */
const CALLS = 200;

/** Each step is to be run until it is done. */
export function tidySteps(connection: Connection, limits: TidyLimits): TidyStep[] {
  const { historyBefore, changesBefore, closedCallsBefore, repeatsBefore } = limits;
  return [
    { what: 'repeats', run: () => removeRepeats(connection, repeatsBefore) },
    ...(closedCallsBefore === undefined ? [] : [removeCalls(connection, closedCallsBefore)]),
    ...(historyBefore === undefined ? [] : [removeHistory(connection, historyBefore)]),
    ...(changesBefore === undefined
      ? []
      : [{ what: 'changes' as const, run: () => removeChanges(connection, changesBefore) }]),
  ];
}

function removeRepeats(connection: Connection, before: EpochSeconds) {
  const { changes } = connection.run(
    `DELETE FROM repeats WHERE (token_id, key) IN
      (SELECT token_id, key FROM repeats INDEXED BY repeats_by_expiry WHERE expires < ? LIMIT ${BATCH})`,
    [before],
  );
  return { removed: changes, isDone: changes < BATCH };
}

/** In the meta table: the last sequence that was removed from the feed. */
export const REMOVED_THROUGH = 'changes_removed_through';

/** From the old end only, so that what is kept is without holes. */
function removeChanges(connection: Connection, before: EpochSeconds) {
  const oldest = connection.all(`SELECT sequence, at FROM changes ORDER BY sequence LIMIT ${BATCH}`);
  const kept = oldest.findIndex(([, at]) => (at as number) >= before);
  const old = kept < 0 ? oldest : oldest.slice(0, kept);
  const last = old.at(-1)?.[0];
  if (last === undefined) return { removed: 0, isDone: true };
  connection.run('DELETE FROM changes WHERE sequence <= ?', [last]);
  connection.run('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [
    REMOVED_THROUGH,
    String(last),
  ]);
  return { removed: old.length, isDone: old.length < BATCH };
}

/** Goes through all of it, as no index is kept for this (schema/002-journal.ts): 2 s a million entries, in pieces. */
function removeHistory(connection: Connection, before: EpochSeconds): TidyStep {
  let [call, number] = [Number.MIN_SAFE_INTEGER, 0];
  return {
    what: 'history',
    run() {
      const next = connection.get(
        `SELECT call_id, number FROM history WHERE (call_id, number) > (?, ?) ORDER BY call_id, number
          LIMIT 1 OFFSET ${BATCH - 1}`,
        [call, number],
      ) as [number, number] | undefined;
      const [lastCall, lastNumber] = next ?? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
      const { changes } = connection.run(
        'DELETE FROM history WHERE (call_id, number) > (?, ?) AND (call_id, number) <= (?, ?) AND at < ?',
        [call, number, lastCall, lastNumber, before],
      );
      [call, number] = [lastCall, lastNumber];
      return { removed: changes, isDone: next === undefined };
    },
  };
}

/** Closed calls with all that belongs to them. Entries of the feed stay and are passed over. */
function removeCalls(connection: Connection, before: EpochSeconds): TidyStep {
  let from = Number.MIN_SAFE_INTEGER;
  return {
    what: 'calls',
    run() {
      const old = connection.all(
        `SELECT id, updated_at FROM calls INDEXED BY calls_by_updated_at
          WHERE updated_at >= ? AND updated_at < ? AND status NOT IN (${literals(OPEN_STATUSES)})
          ORDER BY updated_at LIMIT ${CALLS}`,
        [from, before],
      );
      from = (old.at(-1)?.[1] as number | undefined) ?? from;
      const ids = JSON.stringify(old.map(([id]) => id));
      connection.run('DELETE FROM history WHERE call_id IN (SELECT value FROM json_each(?))', [ids]);
      connection.run('DELETE FROM names WHERE rowid IN (SELECT value FROM json_each(?))', [ids]);
      connection.run('DELETE FROM bodies WHERE id IN (SELECT value FROM json_each(?))', [ids]);
      connection.run('DELETE FROM calls WHERE id IN (SELECT value FROM json_each(?))', [ids]);
      return { removed: old.length, isDone: old.length < CALLS };
    },
  };
}
