import { GATES, type Gate, RESULTS, type Result, STATUSES, type Status } from '../../client/src/contract.ts';
import type { CallStats } from './call-command.ts';

/** Open calls that are alike in all that is counted by. */
export interface OpenGroup {
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

/** Puts together what a store has counted of the calls that match. */
export function statsOf(
  byStatus: ReadonlyMap<Status, number>,
  byResult: ReadonlyMap<Result, number>,
  groups: readonly OpenGroup[],
): CallStats {
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
}

const plus = (a: number, b: number) => a + b;

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
