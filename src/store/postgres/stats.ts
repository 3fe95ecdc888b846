import { GATES, type Gate, RESULTS, type Result, STATUSES, type Status } from '../../../client/src/contract.ts';
import { OPEN_STATUSES } from '../../core/call.ts';
import { type CallStats, OVERDUE_SECONDS } from '../../core/call-command.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
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
    const due = groups.filter(({ isDue }) => isDue);
    const oldest = due.map(({ dueSince }) => dueSince).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return {
      total: [...byStatus.values()].reduce(plus, 0),
      byStatus: Object.fromEntries(
        STATUSES.map((status) => [status, byStatus.get(status) ?? 0]),
      ) as CallStats['byStatus'],
      dueNow: due.map(({ count }) => count).reduce(plus, 0),
      overdue: groups.map(({ overdue }) => overdue).reduce(plus, 0),
      oldestDueSince: oldest === Number.POSITIVE_INFINITY ? null : oldest,
      byProject: summed(groups, ({ projectId }) => ({ projectId })).sort((a, b) => a.projectId - b.projectId),
      byDestination: summed(groups, ({ type, destination }) => ({ type, destination })).sort((a, b) => b.open - a.open),
      byResult: RESULTS.filter((result) => byResult.has(result)).map((result) => ({
        result,
        count: byResult.get(result) ?? 0,
      })),
      byGate: GATES.map((gate) => ({
        gate,
        count: groups
          .filter((group) => group.gate === gate)
          .map(({ count }) => count)
          .reduce(plus, 0),
      })).filter(({ count }) => count > 0),
    };
  });
}

const plus = (a: number, b: number) => a + b;

async function countsBy<Word>(session: Session, column: string, where: Condition): Promise<Map<Word, number>> {
  const { sql, values } = allOf([where, { sql: `${column} IS NOT NULL`, values: [] }]);
  const rows = await session.all(`SELECT ${column}, count(*) FROM calls WHERE ${sql} GROUP BY ${column}`, values);
  return new Map(rows.map(([word, count]) => [word as Word, count as number]));
}

/** Open calls that are alike in all that is counted by. */
interface OpenGroup {
  projectId: number;
  type: CallStats['byDestination'][number]['type'];
  destination: string | null;
  gate: Gate | null;
  isDue: boolean;
  count: number;
  overdue: number;
  /** Of the one that has been due longest, if they are due. */
  dueSince: number;
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

function summed<Key extends object>(groups: readonly OpenGroup[], keyOf: (group: OpenGroup) => Key) {
  const sums = new Map<string, Key & { open: number; due: number }>();
  for (const group of groups) {
    const key = keyOf(group);
    const name = JSON.stringify(key);
    const sum = sums.get(name) ?? { ...key, open: 0, due: 0 };
    sum.open += group.count;
    if (group.isDue) sum.due += group.count;
    sums.set(name, sum);
  }
  return [...sums.values()];
}
