import { type Counted, isCounted } from '../../core/call-counts.ts';
import type { CallFilter } from '../../core/call-filter.ts';
import type { Connection } from './connection.ts';
import type { StoreLogger } from './store-logger.ts';
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

/**
 * Counts all calls anew where they are not as many as they are said to be: a server of an older version, which knows of no
 * counts, has gone on writing after the database was migrated. To look takes 20 ms for ten million calls, or 150 from a cold disk.
 */
export async function mendCounts(connection: Connection, lockWaitMs: number, logger?: StoreLogger): Promise<void> {
  if (areRight(connection)) return;
  await connection.write(() => {
    connection.exec(`DELETE FROM call_counts;
      INSERT INTO call_counts ${BY_KIND}, count(*) FROM calls GROUP BY 1, 2, 3, 4`);
  }, lockWaitMs);
  logger?.info({}, 'Calls were counted anew, as somebody had written without counting');
}

function areRight(connection: Connection): boolean {
  const pending: CallFilter = { statuses: ['pending'] };
  return connection.read(
    () =>
      countedMatches(connection, {}) === connection.value('SELECT count(*) FROM calls') &&
      countedMatches(connection, pending) ===
        countBySql(connection, whereClause(pending, { now: 0, pbxConnected: false })),
  );
}
