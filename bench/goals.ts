import type { DeepPages } from './deep-pages.ts';
import type { Measurement } from './load.ts';
import type { DatabaseReport } from './report.ts';

/** What was wished of a database, and what came out. */
export interface Goal {
  title: string;
  wished: number;
  unit: string;
  /** The worst of what it is about. */
  measured: number;
  /** Which that was; empty where there is but one. */
  worst: string;
  isMet: boolean;
}

/** The goals that a run says something about, each by its worst figure. They are for 1,000,000 calls. */
export function goalsOf(report: DatabaseReport): Goal[] {
  return report.kind === 'sqlite' ? goalsOfSqlite(report) : goalsOfPostgres(report);
}

function goalsOfSqlite({ shapes, extractions, deepPages, writes, startMs }: DatabaseReport): Goal[] {
  const ofRaw = ({ ours, raw }: { ours: Measurement; raw: Measurement }) =>
    (100 * raw.microseconds) / ours.microseconds;
  return [
    atLeast('hot, idle', 70, '% of raw', shapes, ({ name, idle }) => [name, ofRaw(idle)]),
    atLeast('hot, under changes', 50, '% of raw', shapes, ({ name, changing }) => [name, changing && ofRaw(changing)]),
    atMost('cold', 1500, 'us', shapes, ({ name, cold }) => [name, cold?.microseconds]),
    atLeast('extraction', 450, 'pages/s', extractions, ({ by, idle }) => [`by ${by}`, idle.pagesPerSecond]),
    deepPage(deepPages),
    atMost('start', 1000, 'ms', [startMs], (ms) => ['', ms]),
    atLeast('saves in requests of 1,000', 8000, 'calls/s', writes, of('saves of 1,000, 4 clients', 1000)),
    atLeast('single saves, by group commit', 2000, 'calls/s', writes, of('saves of one, 64 clients', 1)),
    atLeast(
      'claims and completions, by group commit',
      5000,
      'a second',
      writes,
      of('claim and complete, 64 agents', 1),
    ),
  ].flat();
}

function goalsOfPostgres({ shapes, extractions, deepPages, writes, startMs }: DatabaseReport): Goal[] {
  return [
    atMost('hot, idle, server and database', 400, 'us', shapes, ({ name, idle }) => [name, idle.ours.microseconds]),
    atMost('cold, server and database', 3000, 'us', shapes, ({ name, cold }) => [name, cold?.microseconds]),
    atLeast('extraction', 450, 'pages/s', extractions, ({ by, idle }) => [`by ${by}`, idle.pagesPerSecond]),
    deepPage(deepPages),
    atMost('start', 1000, 'ms', [startMs], (ms) => ['', ms]),
    atLeast('saves in requests of 1,000', 5000, 'calls/s', writes, of('saves of 1,000, 4 clients', 1000)),
    atLeast('claims and completions, 8 agents', 1500, 'a second', writes, of('claim and complete, 8 agents', 1)),
    atLeast(
      'claims and completions, by group commit',
      5000,
      'a second',
      writes,
      of('claim and complete, 64 agents', 1),
    ),
  ].flat();
}

/** They cost the same, but for what a measurement differs from the next. */
function deepPage(pages: readonly DeepPages[]): Goal[] {
  return atMost('page 9,000 beside page 1', 110, '%', pages, ({ title, first, deep }) => [
    title,
    // Without an answer in all the time there is no figure, and nothing is worse.
    deep.requests === 0 ? Number.POSITIVE_INFINITY : (100 * deep.microseconds) / first.microseconds,
  ]);
}

type Figure<T> = (one: T) => [name: string, figure: number | undefined];

function of(wanted: string, calls: number): Figure<{ title: string; requestsPerSecond: number }> {
  return ({ title, requestsPerSecond }) => ['', title === wanted ? requestsPerSecond * calls : undefined];
}

function atLeast<T>(title: string, wished: number, unit: string, list: readonly T[], figure: Figure<T>): Goal[] {
  const [worst] = figures(list, figure).toSorted(([, a], [, b]) => a - b);
  return worst === undefined
    ? []
    : [{ title, wished, unit, worst: worst[0], measured: worst[1], isMet: worst[1] >= wished }];
}

function atMost<T>(title: string, wished: number, unit: string, list: readonly T[], figure: Figure<T>): Goal[] {
  const [worst] = figures(list, figure).toSorted(([, a], [, b]) => b - a);
  return worst === undefined
    ? []
    : [{ title, wished, unit, worst: worst[0], measured: worst[1], isMet: worst[1] <= wished }];
}

function figures<T>(list: readonly T[], figure: Figure<T>): [string, number][] {
  return list.map(figure).filter((pair): pair is [string, number] => pair[1] !== undefined);
}
