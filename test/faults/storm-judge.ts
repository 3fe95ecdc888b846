import type { Row } from '#client';
import { type ExpectedItem, expectedOf, isMissed, type StormCall } from './storm-calls.ts';

/** What is wrong in a list after a storm: rows too many or too few, counts and states that are not what the calls came to. */
export function judgeList(plan: readonly StormCall[], rows: readonly Row[]): string[] {
  const { items } = expectedOf(plan);
  const found = Map.groupBy(rows, ({ caller_id }) => caller_id);
  const wrong = [...found.keys()].filter((number) => !items.has(number)).map((number) => `${number}: was never missed`);
  for (const [number, item] of items) wrong.push(...judgeItem(number, item, found.get(number) ?? []));
  return wrong;
}

function judgeItem(number: string, { missedCount, status }: ExpectedItem, rows: readonly Row[]): string[] {
  const [row] = rows;
  if (row === undefined) return [`${number}: missed ${missedCount} times, and in no row`];
  if (rows.length > 1) return [`${number}: in ${rows.length} rows`];
  const wrong: string[] = [];
  if (row.missed_count !== missedCount) wrong.push(`${number}: counted ${row.missed_count} times of ${missedCount}`);
  if (row.status !== status) wrong.push(`${number}: is ${row.status} and should be ${status}`);
  return wrong;
}

/**
 * From the last event of each missed call to the moment at which it could be read, in ms: the nth of a number by its count.
 * What was never seen counts as endless.
 */
export function delaysOf(
  plan: readonly StormCall[],
  {
    begunAt,
    endedMs,
    seen,
  }: { begunAt: number; endedMs: readonly number[]; seen: ReadonlyMap<string, readonly number[]> },
): number[] {
  const ends = new Map<string, number[]>();
  for (const { number, index } of plan.filter(isMissed)) {
    if (number !== null) ends.set(number, [...(ends.get(number) ?? []), begunAt + (endedMs[index] ?? Number.NaN)]);
  }
  return [...ends].flatMap(([number, times]) => {
    const found = seen.get(number) ?? [];
    return times
      .sort((a, b) => a - b)
      .map((endedAt, nth) => (found[nth] === undefined ? Number.POSITIVE_INFINITY : found[nth] - endedAt));
  });
}

export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
