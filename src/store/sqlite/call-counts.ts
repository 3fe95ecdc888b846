import { type Counted, isCounted } from '../../core/call-counts.ts';
import type { CallFilter } from '../../core/call-filter.ts';
import type { Connection } from './connection.ts';
import { type Condition, whereClause, whereOf } from './where-clause.ts';

const ADD = 'ON CONFLICT DO UPDATE SET count = count + excluded.count';
const ADD_ONE = `INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count) VALUES (?, ?, ?, ?, ?) ${ADD}`;
const BY_KIND = 'SELECT project_id, outbound_type, attend_type, status';

/**
 * Counts a call that has come, or become another. Within the transaction that stores it. Not by a trigger: because of one,
 * SQLite notes for every call how to undo all that storing it has changed, which took four times the time of the call.
 * @param before undefined: the call is new
 */
export function countCall(connection: Connection, before: Counted | undefined, after: Counted): void {
  const isSameKind =
    before?.status === after.status &&
    before.projectId === after.projectId &&
    before.outboundType === after.outboundType &&
    before.attendType === after.attendType;
  if (isSameKind) return;
  if (before !== undefined) add(connection, before, -1);
  add(connection, after, 1);
}

function add(connection: Connection, { projectId, outboundType, attendType, status }: Counted, count: 1 | -1): void {
  connection.run(ADD_ONE, [projectId, outboundType, attendType, status, count]);
}

/** Counts calls that are about to be removed. Within the transaction that does. @param ids as JSON */
export function countRemoved(connection: Connection, ids: string): void {
  connection.run(
    `INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count)
      ${BY_KIND}, -count(*) FROM calls WHERE id IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3, 4 ${ADD}`,
    [ids],
  );
}

/** How many calls match, without looking at one; undefined where the filter asks for more than calls are counted by. */
export function countedMatches(connection: Connection, filter: CallFilter): number | undefined {
  if (!isCounted(filter)) return undefined;
  // Columns have the names of those of calls; none of these moves with the clock.
  const { sql, values } = whereClause(filter, { now: 0, pbxConnected: false });
  return connection.value(`SELECT ifnull(sum(count), 0) FROM call_counts${whereOf({ sql })}`, values) as number;
}

/** The same by looking at calls, or at an index of them. */
export function countBySql(connection: Connection, where: Condition): number {
  return connection.value(`SELECT count(*) FROM calls${whereOf(where)}`, where.values) as number;
}

/** How many calls match, whatever the filter asks for. @param where the filter in SQL */
export function countMatches(connection: Connection, filter: CallFilter, where: Condition): number {
  return countedMatches(connection, filter) ?? countBySql(connection, where);
}

/** In the meta table: the newest change that is counted. */
export const COUNTED_THROUGH = 'counted_through';

const NEWEST_CHANGE = `coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)`;
const IS_BEHIND = `name = '${COUNTED_THROUGH}' AND CAST(value AS INTEGER) <> ${NEWEST_CHANGE}`;

/** Notes that all changes are counted. At the end of every transaction that changes calls. */
export function noteCounted(connection: Connection): void {
  connection.run(`UPDATE meta SET value = ${NEWEST_CHANGE} WHERE ${IS_BEHIND}`);
}

/**
 * Counts all calls anew where somebody has changed some without counting: a server of an older version, which goes on for a
 * while after `callqueue migrate`. At the beginning of every transaction that changes calls.
 * @returns whether it had to
 */
export function mendCounts(connection: Connection): boolean {
  if (areAllCounted(connection)) return false;
  connection.exec(`DELETE FROM call_counts;
    INSERT INTO call_counts ${BY_KIND}, count(*) FROM calls GROUP BY 1, 2, 3, 4`);
  noteCounted(connection);
  return true;
}

export function areAllCounted(connection: Connection): boolean {
  return connection.get(`SELECT 1 FROM meta WHERE ${IS_BEHIND}`) === undefined;
}
