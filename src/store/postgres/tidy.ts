import { OPEN_STATUSES } from '../../core/call.ts';
import type { Tidied, TidyLimits } from '../../core/call-writer.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Database } from './database.ts';
import { literals } from './literals.ts';
import { arrayOf, type Session } from './session.ts';

/** Where a piece of tidying ended, and the next one begins. */
type Place = readonly number[];

interface TidyStep {
  removed: number;
  /** Where to go on; undefined: there is nothing left. */
  next: Place | undefined;
}

interface TidyTask {
  what: keyof Tidied;
  /** Does one piece, within a transaction of its own. @param from undefined at the beginning */
  step(session: Session, from: Place | undefined): Promise<TidyStep>;
}

const BATCH = 500;
/** A call has some thirty entries in indexes, so that fewer of them are a batch. */
const CALLS = 200;

/** Instances may tidy at the same time: each removes what the others have not. */
export async function tidyAll(database: Database, limits: TidyLimits, isOver: () => boolean): Promise<Tidied> {
  const tidied: Tidied = { history: 0, changes: 0, calls: 0, repeats: 0, doNotCall: 0 };
  for (const { what, step } of tidyTasks(limits)) {
    let place: Place | undefined;
    do {
      if (isOver()) return tidied;
      const from = place;
      const { removed, next } = await database.write((session) => step(session, from));
      tidied[what] += removed;
      place = next;
    } while (place !== undefined);
  }
  return tidied;
}

function tidyTasks(limits: TidyLimits): TidyTask[] {
  const { historyBefore, changesBefore, closedCallsBefore, repeatsBefore, doNotCallBefore } = limits;
  const tasks: (TidyTask | undefined)[] = [
    { what: 'repeats', step: (session) => removeRepeats(session, repeatsBefore) },
    closedCallsBefore === undefined
      ? undefined
      : { what: 'calls', step: (session, from) => removeCalls(session, closedCallsBefore, from) },
    historyBefore === undefined
      ? undefined
      : { what: 'history', step: (session, from) => removeHistory(session, historyBefore, from) },
    changesBefore === undefined
      ? undefined
      : { what: 'changes', step: (session) => removeChanges(session, changesBefore) },
    doNotCallBefore === undefined
      ? undefined
      : { what: 'doNotCall', step: (session) => removeEndedDoNotCall(session, doNotCallBefore) },
  ];
  return tasks.filter((task) => task !== undefined);
}

async function removeRepeats(session: Session, before: EpochSeconds): Promise<TidyStep> {
  const removed = await session.count(
    `DELETE FROM repeats WHERE (token_id, key) IN
      (SELECT token_id, key FROM repeats WHERE expires < ? LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
    [before],
  );
  return { removed, next: removed < BATCH ? undefined : [] };
}

async function removeEndedDoNotCall(session: Session, before: EpochSeconds): Promise<TidyStep> {
  const removed = await session.count(
    `DELETE FROM do_not_call WHERE (number_reversed, project_id) IN (SELECT number_reversed, project_id
      FROM do_not_call WHERE until < ? LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
    [before],
  );
  return { removed, next: removed < BATCH ? undefined : [] };
}

/**
 * From the old end only, so that what is kept is without holes. Begins behind what was removed before, which PostgreSQL would
 * walk over again, each time: it stays in the index as long as anybody reads a moment in which it was there (18 ms of 19 for a
 * batch, 400,000 entries later).
 */
async function removeChanges(session: Session, before: EpochSeconds): Promise<TidyStep> {
  const oldest = await session.all(
    `SELECT sequence, at FROM changes WHERE sequence > (SELECT changes_removed_through FROM counters)
      ORDER BY sequence LIMIT ${BATCH}`,
  );
  const kept = oldest.findIndex(([, at]) => (at as number) >= before);
  const old = kept < 0 ? oldest : oldest.slice(0, kept);
  const [first, last] = [old[0]?.[0], old.at(-1)?.[0]];
  if (first === undefined || last === undefined) return { removed: 0, next: undefined };
  const removed = await session.count('DELETE FROM changes WHERE sequence BETWEEN ? AND ?', [first, last]);
  await session.all('UPDATE counters SET changes_removed_through = greatest(changes_removed_through, ?)', [last]);
  return { removed, next: old.length < BATCH ? undefined : [] };
}

/** Goes through all of it, as no index is kept for this. */
async function removeHistory(session: Session, before: EpochSeconds, from: Place | undefined): Promise<TidyStep> {
  const after = from ?? [Number.MIN_SAFE_INTEGER, 0];
  const until = (await session.get(
    `SELECT call_id, number FROM history WHERE (call_id, number) > (?, ?) ORDER BY call_id, number
      LIMIT 1 OFFSET ${BATCH - 1}`,
    after,
  )) as [number, number] | undefined;
  const removed = await session.count(
    'DELETE FROM history WHERE (call_id, number) > (?, ?) AND (call_id, number) <= (?, ?) AND at < ?',
    [...after, ...(until ?? [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]), before],
  );
  return { removed, next: until };
}

/**
 * Closed calls with all that belongs to them. Entries of the feed stay and are passed over by readers; the new ones are
 * for processes that keep lists of calls.
 */
async function removeCalls(session: Session, before: EpochSeconds, from: Place | undefined): Promise<TidyStep> {
  const [oldest = Number.MIN_SAFE_INTEGER] = from ?? [];
  const old = (await session.all(
    `SELECT id, updated_at FROM calls
      WHERE updated_at >= ? AND updated_at < ? AND status NOT IN (${literals(OPEN_STATUSES)})
      ORDER BY updated_at, id LIMIT ${CALLS} FOR UPDATE SKIP LOCKED`,
    [oldest, before],
  )) as [number, number][];
  const last = old.at(-1)?.[1];
  if (last === undefined) return { removed: 0, next: undefined };
  const ids = [arrayOf(old.map(([id]) => id))];
  const removed = (await session.all(
    'DELETE FROM calls WHERE id = ANY (?::bigint[]) RETURNING id, project_id',
    ids,
  )) as [number, number][];
  await session.all('DELETE FROM history WHERE call_id = ANY (?::bigint[])', ids);
  await session.all(
    `WITH given AS (UPDATE counters SET last_sequence = last_sequence + ? RETURNING last_sequence)
    INSERT INTO changes (sequence, call_id, project_id, at)
      SELECT last_sequence - ?::bigint + place, call_id, project_id,
        greatest(extract(epoch FROM now())::bigint, ?)
      FROM given CROSS JOIN unnest(?::bigint[], ?::bigint[]) WITH ORDINALITY AS gone (call_id, project_id, place)`,
    [
      ...[removed.length, removed.length, before],
      ...[arrayOf(removed.map(([id]) => id)), arrayOf(removed.map(([, projectId]) => projectId))],
    ],
  );
  return { removed: removed.length, next: old.length < CALLS ? undefined : [last] };
}
