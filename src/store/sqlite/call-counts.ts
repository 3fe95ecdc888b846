import { isCounted } from '../../core/call-counts.ts';
import type { CallFilter } from '../../core/call-filter.ts';
import type { Connection } from './connection.ts';
import { COUNT_ANEW, COUNTING } from './schema/005-call-counts.ts';
import { type Condition, whereClause, whereOf } from './where-clause.ts';

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

/** Counts anew where many calls have come at once: row by row it costs more. Within the transaction that brings them. */
export function suspendCounts(connection: Connection): () => void {
  for (const name of Object.keys(COUNTING)) connection.exec(`DROP TRIGGER ${name}`);
  return () => {
    connection.exec(COUNT_ANEW);
    for (const statement of Object.values(COUNTING)) connection.exec(statement);
  };
}
