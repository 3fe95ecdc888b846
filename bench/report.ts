import type { BenchDatabase } from './bench-database.ts';
import type { Memory } from './cpu-time.ts';
import type { DeepPages } from './deep-pages.ts';
import type { Extraction } from './extraction.ts';
import { type Goal, goalsOf } from './goals.ts';
import type { Measurement } from './load.ts';
import type { Machine } from './machine.ts';
import type { Comparison } from './measure.ts';
import type { WriteReport } from './measure-writes.ts';
import type { BenchOptions } from './options.ts';
import { figure, table } from './table.ts';
import type { Written } from './writer.ts';

/** Everything that a run has measured; what `--json` writes. */
export interface Report {
  machine: Machine;
  options: BenchOptions;
  databases: readonly DatabaseReport[];
}

export interface DatabaseReport extends Pick<BenchDatabase, 'kind' | 'description'> {
  data: { rows: number } & Pick<BenchDatabase, 'bytes' | 'made'>;
  startMs: number;
  /** Until the server did nothing of its own any more; undefined: it never stopped. */
  restSeconds: number | undefined;
  /** Of the server's process, when all that reads had been measured, and after the writes. */
  memoryOfReads: Memory | undefined;
  /** After the writes as well. */
  memoryOfWrites: Memory | undefined;
  shapes: readonly ShapeReport[];
  extractions: readonly ExtractionReport[];
  deepPages: readonly DeepPages[];
  writes: readonly WriteReport[];
  failures: readonly string[];
}

export interface ShapeReport {
  name: string;
  title: string;
  /** Different requests asked again and again, and mean size of their answers in bytes. */
  variants: number;
  bytes: number;
  cold: Measurement | undefined;
  idle: Comparison;
  changing: (Comparison & { writer: Written }) | undefined;
}

export interface ExtractionReport {
  by: 'pages' | 'cursor';
  idle: Extraction;
  changing: Extraction | undefined;
}

export function reportText({ machine, options, databases }: Report): string {
  return [machineLine(machine), ...databases.map((database) => databaseText(database, options))].join('\n\n');
}

function databaseText(report: DatabaseReport, options: BenchOptions): string {
  const { shapes, extractions, deepPages, writes, failures } = report;
  const changing = shapes.flatMap((shape) => (shape.changing === undefined ? [] : [{ ...shape, ...shape.changing }]));
  const goals = goalsOf(report);
  return [
    `## ${report.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}`,
    dataLines(report, options),
    ...(shapes.length === 0 ? [] : ['Idle', comparisonTable(shapes.map((shape) => ({ ...shape, ...shape.idle })))]),
    ...(shapes.some(({ cold }) => cold)
      ? ['Cold: every request a filter that was never asked before', coldTable(shapes)]
      : []),
    ...(changing.length === 0
      ? []
      : [
          `Under ${options.writes} row changes a second ${WRITER}`,
          comparisonTable(changing),
          writerTable(changing),
          ...changing.flatMap((shape) => slowWriter(shape, options.writes)),
        ]),
    ...(extractions.length === 0
      ? []
      : ['Extraction (i): all calls of a project, one connection', extractionTable(extractions)]),
    ...(deepPages.length === 0
      ? []
      : ['Pages far behind (p): the same question, each page again and again', deepPagesTable(deepPages)]),
    ...(writes.length === 0 ? [] : ['Writes (w): over HTTP with the hash, every commit durable', writesTable(writes)]),
    ...(goals.length === 0 ? [] : [`Goals, set for 1,000,000 calls; each by its worst figure`, goalsTable(goals)]),
    ...failures.map((failure) => `FAILED: ${failure}`),
  ].join('\n\n');
}

const WRITER =
  '(30 % inserts, 50 % status, 20 % schedule, each a durable transaction; made by another process through the ' +
  'store, history and change feed included: the CPU of that process is not in “us”)';

function machineLine({ cpu, cores, memoryGb, system, node, loadBefore, commit }: Machine): string {
  return (
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node.slice(1)}; ` +
    `load before ${figure(loadBefore, 2)}; commit ${commit ?? 'unknown'}`
  );
}

function dataLines(report: DatabaseReport, { connections, seconds, rounds, seed, log }: BenchOptions): string {
  const { description, data, startMs, restSeconds, memoryOfReads, memoryOfWrites } = report;
  const made = data.made && `made in ${figure(data.made.seconds)} s (${figure(data.made.rowsPerSecond)} rows/s), `;
  const afterWrites = memoryOfWrites === undefined ? '' : `, after the writes ${memoryText(memoryOfWrites)}`;
  return [
    description,
    `${figure(data.rows)} calls (seed ${seed}), ${made ?? ''}${figure(data.bytes / 1024 ** 2)} MB; ` +
      `${connections} connections, ${rounds} rounds of ${seconds} s, log level ${log}; ` +
      `start ${figure(startMs)} ms, at rest after ${figure(restSeconds, 1)} s, ` +
      `most memory of the server ${memoryText(memoryOfReads)}${afterWrites}`,
  ].join('\n');
}

function memoryText(memory: Memory | undefined): string {
  return `${figure(memory?.most)} MB, its own at the end ${figure(memory?.own)} MB`;
}

function comparisonTable(shapes: readonly (Comparison & { name: string; title: string; bytes: number })[]): string {
  return table(
    [
      'shape',
      'us',
      'of it database',
      'raw us',
      '% of raw',
      'req/s',
      'raw req/s',
      'p50 ms',
      'p99 ms',
      'KB',
      'load',
      'raw load',
      'others',
    ],
    shapes.map(({ name, title, bytes, ours, raw }) => [
      `${name} ${title}`,
      figure(ours.microseconds),
      figure(ours.databaseMicroseconds),
      figure(raw.microseconds),
      figure((100 * raw.microseconds) / ours.microseconds),
      figure(ours.requestsPerSecond),
      figure(raw.requestsPerSecond),
      figure(ours.p50Ms, 1),
      figure(ours.p99Ms, 1),
      figure(bytes / 1024, 1),
      figure(ours.loadCpu, 2),
      figure(raw.loadCpu, 2),
      figure(ours.others, 2),
    ]),
  );
}

function coldTable(shapes: readonly ShapeReport[]): string {
  return table(
    ['shape', 'us', 'of it database', 'req/s', 'p50 ms', 'p99 ms', 'requests'],
    shapes.map(({ name, title, cold }) => [
      `${name} ${title}`,
      figure(cold?.microseconds),
      figure(cold?.databaseMicroseconds),
      figure(cold?.requestsPerSecond),
      figure(cold?.p50Ms, 1),
      figure(cold?.p99Ms, 1),
      figure(cold?.requests),
    ]),
  );
}

function writerTable(shapes: readonly { name: string; writer: Written }[]): string {
  return table(
    ['changes beside shape', 'a second', 'us of the writer', 'p50 ms', 'p99 ms'],
    shapes.map(({ name, writer }) => [
      name,
      figure(writer.changes / writer.seconds),
      figure(writer.microseconds),
      figure(writer.p50Ms, 1),
      figure(writer.p99Ms, 1),
    ]),
  );
}

/** Not a failure, but the figures beside it are not what they should be. */
function slowWriter({ name, writer }: { name: string; writer: Written }, wished: number): string[] {
  const perSecond = writer.changes / writer.seconds;
  if (perSecond >= 0.9 * wished) return [];
  return [`Note: beside shape ${name} only ${figure(perSecond)} changes a second were possible on this machine.`];
}

function extractionTable(extractions: readonly ExtractionReport[]): string {
  const row = (name: string, extraction: Extraction) => [
    name,
    figure(extraction.rows),
    figure(extraction.pages),
    figure(extraction.pagesPerSecond),
    figure(extraction.microseconds),
    figure(extraction.firstMs, 2),
    figure(extraction.lastMs, 2),
  ];
  return table(
    ['way', 'rows', 'pages', 'pages/s', 'us a page', 'first ms', 'last ms'],
    extractions.flatMap(({ by, idle, changing }) => [
      row(`by ${by}, idle`, idle),
      ...(changing === undefined ? [] : [row(`by ${by}, under changes`, changing)]),
    ]),
  );
}

function deepPagesTable(pages: readonly DeepPages[]): string {
  return table(
    ['question', 'page', 'us of page 1', 'us of this page', 'ratio', 'ms the first time'],
    pages.map(({ title, page, first, deep, firstTimeMs }) => [
      title,
      figure(page),
      figure(first.microseconds),
      figure(deep.microseconds),
      figure(deep.microseconds / first.microseconds, 2),
      figure(firstTimeMs, 1),
    ]),
  );
}

function writesTable(writes: readonly WriteReport[]): string {
  const head = ['', 'calls/s', 'requests/s', 'p50 ms', 'p99 ms', 'us a call', 'of it database', 'commands/commit'];
  return table(
    [...head, 'log bytes/call', 'others'],
    writes.map(({ title, calls, requestsPerSecond, microseconds, databaseMicroseconds, ...rest }) => [
      title,
      figure(requestsPerSecond * calls),
      figure(requestsPerSecond, requestsPerSecond < 100 ? 1 : 0),
      figure(rest.p50Ms, 1),
      figure(rest.p99Ms, 1),
      figure(microseconds / calls),
      figure(databaseMicroseconds / calls),
      figure(rest.commandsPerCommit, 1),
      figure(rest.loggedBytesPerCall),
      figure(rest.others, 2),
    ]),
  );
}

function goalsTable(goals: readonly Goal[]): string {
  return table(
    ['goal', 'wished', 'measured', 'worst', 'met'],
    goals.map(({ title, wished, unit, measured, worst, isMet }) => [
      title,
      `${figure(wished)} ${unit}`,
      figure(measured),
      worst,
      isMet ? 'yes' : 'no',
    ]),
  );
}
