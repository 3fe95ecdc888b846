import { GATES, type Result, type Status } from '../../../client/src/contract.ts';
import { OPEN_STATUSES } from '../../core/call.ts';
import { type CallStats, OVERDUE_SECONDS } from '../../core/call-command.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { type OpenGroup, statsOf } from '../../core/call-stats.ts';
import type { Connection } from './connection.ts';
import { literals } from './literals.ts';
import type { SqlValue } from './row-columns.ts';
import { allOf, type Condition, whereClause } from './where-clause.ts';

/** Counts over the calls that match, all as of one moment. */
export function readStats(connection: Connection, filter: CallFilter, moment: Moment): CallStats {
  return connection.read(() => {
    const where = whereClause(filter, moment);
    const byStatus = countsBy<Status>(connection, 'status', where);
    const byResult = countsBy<Result>(connection, 'last_result', where);
    const groups = OPEN_STATUSES.flatMap((status) => openGroups(connection, status, where, moment));
    return statsOf(byStatus, byResult, groups);
  });
}

function countsBy<Word>(connection: Connection, column: string, where: Condition): Map<Word, number> {
  // Only where all are counted is the index of that word alone the best one; the plus hides it.
  const grouped = where.sql === '' ? column : `+${column}`;
  const { sql, values } = allOf([where, { sql: `${grouped} IS NOT NULL`, values: [] }]);
  const rows = connection.all(`SELECT ${column}, count(*) FROM calls WHERE ${sql} GROUP BY ${grouped}`, values);
  return new Map(rows.map(([word, count]) => [word as Word, count as number]));
}

/** When a call became due the last time: after a pause it did so at its end. */
const BECAME_DUE = 'max(due_since, ifnull(next_attempt_at, due_since))';

/** @param status one, so that the indexes of pending calls, and of those in progress, are used */
function openGroups(connection: Connection, status: Status, where: Condition, moment: Moment): OpenGroup[] {
  const due = whereClause({ due: true }, moment);
  const gates = GATES.map((gate) => ({ gate, condition: whereClause({ waitingFor: [gate] }, moment) }));
  const gateCase = gates.map(({ condition }, place) => `WHEN ${condition.sql} THEN ${place}`).join(' ');
  const values: SqlValue[] = [
    ...gates.flatMap(({ condition }) => condition.values),
    ...due.values,
    moment.now - OVERDUE_SECONDS,
    ...where.values,
  ];
  const among = allOf([{ sql: `status = ${literals([status])}`, values: [] }, where]);
  const rows = connection.all(
    `SELECT project_id, type, destination, gate, is_due, count(*), sum(became_due < bound), min(became_due)
      FROM (SELECT project_id, type, destination, CASE ${gateCase} END AS gate, (${due.sql}) AS is_due,
        ${BECAME_DUE} AS became_due, ? AS bound FROM calls WHERE ${among.sql})
      GROUP BY +project_id, +type, +destination, gate, is_due`,
    values,
  );
  return rows.map(([projectId, type, destination, gate, isDue, count, overdue, dueSince]) => ({
    projectId: projectId as number,
    type: type as OpenGroup['type'],
    destination: destination as string | null,
    gate: gate === null ? null : (GATES[gate as number] ?? null),
    isDue: isDue === 1,
    count: count as number,
    overdue: isDue === 1 ? (overdue as number) : 0,
    dueSince: dueSince as number,
  }));
}
