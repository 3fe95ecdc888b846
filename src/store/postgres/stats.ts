import { GATES, type Result, type Status } from '../../../client/src/contract.ts';
import { OPEN_STATUSES } from '../../core/call.ts';
import { type CallStats, OVERDUE_SECONDS } from '../../core/call-command.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { type OpenGroup, statsOf } from '../../core/call-stats.ts';
import type { Database } from './database.ts';
import { literals } from './literals.ts';
import type { SqlValue } from './row-columns.ts';
import type { Session } from './session.ts';
import { allOf, type Condition, whereClause } from './where-clause.ts';

/** Counts over the calls that match, all as of one moment. */
export function readStats(database: Database, filter: CallFilter, moment: Moment): Promise<CallStats> {
  return database.read(async (session) => {
    const where = whereClause(filter, moment);
    const byStatus = await countsBy<Status>(session, 'status', where);
    const byResult = await countsBy<Result>(session, 'last_result', where);
    const groups: OpenGroup[] = [];
    for (const status of OPEN_STATUSES) groups.push(...(await openGroups(session, status, where, moment)));
    return statsOf(byStatus, byResult, groups);
  });
}

async function countsBy<Word>(session: Session, column: string, where: Condition): Promise<Map<Word, number>> {
  const { sql, values } = allOf([where, { sql: `${column} IS NOT NULL`, values: [] }]);
  const rows = await session.all(`SELECT ${column}, count(*) FROM calls WHERE ${sql} GROUP BY ${column}`, values);
  return new Map(rows.map(([word, count]) => [word as Word, count as number]));
}

/** When a call became due the last time: after a pause it did so at its end. */
const BECAME_DUE = 'greatest(due_since, next_attempt_at)';

/** @param status one, so that the indexes of pending calls, and of those in progress, are used */
async function openGroups(session: Session, status: Status, where: Condition, moment: Moment): Promise<OpenGroup[]> {
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
  const rows = await session.all(
    `SELECT project_id, type, destination, gate, is_due, count(*), count(*) FILTER (WHERE became_due < bound), min(became_due)
      FROM (SELECT project_id, type, destination, CASE ${gateCase} END AS gate, (${due.sql}) AS is_due,
        ${BECAME_DUE} AS became_due, ?::bigint AS bound FROM calls WHERE ${among.sql}) AS open
      GROUP BY project_id, type, destination, gate, is_due`,
    values,
  );
  return rows.map(([projectId, type, destination, gate, isDue, count, overdue, dueSince]) => ({
    projectId: projectId as number,
    type: type as OpenGroup['type'],
    destination: destination as string | null,
    gate: gate === null ? null : (GATES[gate as number] ?? null),
    isDue: isDue === true,
    count: count as number,
    overdue: isDue === true ? (overdue as number) : 0,
    dueSince: dueSince as number,
  }));
}
