import type { CallFilter, Moment } from '../../core/call-filter.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { LIMIT } from './bound-limit.ts';
import type { Connection } from './connection.ts';
import { MAY_BE_CALLED } from './do-not-call.ts';
import { narrowed } from './find-rows.ts';
import { allOf, type Condition, whereClause, whereOf } from './where-clause.ts';

/**
 * The id of the best due manual call that matches: highest priority, then due longest, then lowest id; never one whose number
 * somebody is working on, in whatever project, or is not to be called. Undefined: there is none.
 *
 * A list may hold many calls that are due only later, with priorities above those that are due now. What is due has
 * become so at or before now (`due_since`), so within one priority they lie together at the beginning of the index.
 */
export function bestDueCall(
  connection: Connection,
  filter: CallFilter,
  moment: Moment,
  projectIds: readonly number[] | null,
): number | undefined {
  const until = connection.get(SELECT_FUTURE, [moment.now, moment.now]) ? Number.MAX_SAFE_INTEGER : moment.now;
  const search: Search = { connection, moment, until, where: wanted(filter, moment, projectIds), left: VISITS };
  for (let above: number | undefined; ; ) {
    const priority = nextPriority(connection, above);
    if (priority === undefined) return undefined;
    const id = firstOf(search, priority);
    if (id !== undefined) return id;
    if (search.left <= 0) return sortedFirst(search);
    above = priority;
  }
}

/** Where the clock was set back, or that of a PBX is ahead, there are calls of the future, no less due (dispatch.ts). */
const SELECT_FUTURE = `SELECT 1 FROM calls INDEXED BY calls_by_created_at WHERE created_at > ?
  UNION ALL SELECT 1 FROM calls INDEXED BY calls_by_last_missed_at WHERE last_missed_at > ? AND status = 'pending' LIMIT 1`;

interface Search {
  connection: Connection;
  moment: Moment;
  /** Calls that are due have become so at or before this. */
  until: EpochSeconds;
  where: Condition;
  /** How many calls may still be looked at in the order of the index. */
  left: number;
}

/** A filter that matches few of very many calls is answered faster by finding and sorting those. */
const VISITS = 500;

const CLAIMABLE = `status = 'pending' AND outbound_type = 'manual'`;
const NUMBER_IS_FREE = `NOT EXISTS (SELECT 1 FROM calls AS held INDEXED BY calls_in_progress_by_caller
  WHERE held.status = 'inprogress' AND held.caller_number_reversed = calls.caller_number_reversed)`;

function wanted(filter: CallFilter, moment: Moment, projectIds: readonly number[] | null): Condition {
  return allOf([
    whereClause({ due: true }, moment),
    narrowed(filter, moment, projectIds),
    { sql: NUMBER_IS_FREE, values: [] },
  ]);
}

function nextPriority(connection: Connection, below: number | undefined): number | undefined {
  const priority = connection.value(
    `SELECT max(priority) FROM calls INDEXED BY calls_claimable WHERE ${CLAIMABLE} AND priority < ?`,
    [below ?? Number.MAX_SAFE_INTEGER],
  );
  return priority === null ? undefined : (priority as number);
}

function firstOf(search: Search, priority: number): number | undefined {
  const { connection, moment, until, where } = search;
  const due = whereClause({ due: true }, moment);
  // The inner list is found in the order of the index; what it holds is then judged. Numbers of the do-not-call list are
  // left out here, so that they use up no visits: they stay in front while all others are worked off. 9,400 of them cost
  // a claim 7 ms; finding and sorting the 100,000 calls behind them cost 150.
  const inOrder = `SELECT id AS candidate FROM calls INDEXED BY calls_claimable
    WHERE ${CLAIMABLE} AND priority = ? AND due_since <= ? AND ${due.sql} AND ${MAY_BE_CALLED}
    ORDER BY due_since, id ${LIMIT}`;
  const order = [priority, until, ...due.values, moment.now, search.left];
  const row = connection.get(
    `SELECT id FROM (${inOrder}) CROSS JOIN calls ON id = candidate${whereOf(where)} LIMIT 1`,
    [...order, ...where.values],
  );
  if (row !== undefined) return row[0] as number;
  search.left -= connection.value(`SELECT count(*) FROM (${inOrder})`, order) as number;
  return undefined;
}

function sortedFirst({ connection, moment, where }: Search): number | undefined {
  return connection.get(
    `SELECT id FROM calls WHERE ${CLAIMABLE} AND ${MAY_BE_CALLED} AND ${where.sql}
      ORDER BY +priority DESC, due_since, id LIMIT 1`,
    [moment.now, ...where.values],
  )?.[0] as number | undefined;
}
