import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchDatabase, RunDatabase } from './bench-database.ts';
import { startChild } from './child.ts';
import { compareDeepPages, type DeepPages } from './deep-pages.ts';
import { extractByCursor, extractByPages } from './extraction.ts';
import { untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { type Bench, compare, examine, measureCold } from './measure.ts';
import { measureWrites, type WriteReport } from './measure-writes.ts';
import type { BenchOptions, DatabaseKind } from './options.ts';
import { postgresDatabase } from './postgres-database.ts';
import type { RawAnswers } from './raw-server.ts';
import type { DatabaseReport, ExtractionReport, Report, ShapeReport } from './report.ts';
import { startRawServer, startServer } from './servers.ts';
import { benchEnvironment } from './settings.ts';
import { SHAPES } from './shapes.ts';
import { sqliteDatabase } from './sqlite-database.ts';
import { drawVariants, type Variants } from './variants.ts';
import type { WriterOrder, WriterReply, Written } from './writer.ts';

/** Measures everything that the options ask for, on one kind of database after the other. */
export async function runBench(options: BenchOptions, tell: (sentence: string) => void): Promise<Report> {
  const machine = describeMachine();
  mkdirSync(options.data, { recursive: true });
  const databases: DatabaseReport[] = [];
  for (const kind of options.databases) {
    await using database = await prepare(kind, options, tell);
    databases.push(await measureOn(database, { options, tell: (sentence) => tell(`${kind}: ${sentence}`) }));
  }
  return { machine, options: { ...options, postgres: withoutPassword(options.postgres) }, databases };
}

/** Reports are handed on. */
function withoutPassword(url: string | undefined): string | undefined {
  return url && Object.assign(new URL(url), { password: '' }).href;
}

function prepare(kind: DatabaseKind, options: BenchOptions, tell: (sentence: string) => void): Promise<BenchDatabase> {
  const { data: folder, rows, seed, postgres: url } = options;
  return kind === 'sqlite'
    ? sqliteDatabase({ folder, rows, seed, tell })
    : postgresDatabase({ url, folder, rows, seed, tell });
}

/** A million entries of the change feed are cleared away in less. */
const PATIENCE_MS = 300_000;

interface Work {
  options: BenchOptions;
  tell: (sentence: string) => void;
}

/** Works on a copy of the data, which it removes. */
async function measureOn(prepared: BenchDatabase, work: Work): Promise<DatabaseReport> {
  const { options, tell } = work;
  const { kind, description, bytes, made } = prepared;
  const credentials = { token: randomBytes(16).toString('hex'), key: randomBytes(16).toString('hex') };
  const { profile } = options;
  const nodeArguments = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-bench-server-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await using database = await prepared.copy();
    await using server = await startServer({ database, folder, credentials, log: options.log, nodeArguments });
    await using raw = await startRawServer();
    try {
      const parts = { server, raw, facts: database.facts, credentials };
      const measured = await measureAll(work, database, parts);
      return { kind, description, data: { rows: options.rows, bytes, made }, ...measured };
    } catch (error) {
      tell(`${raw.lastWords()}\n${server.lastWords()}`);
      throw error;
    }
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** First everything that reads, idle, then all of that again while calls change, then the writes. */
async function measureAll(
  { options, tell }: Work,
  database: RunDatabase,
  parts: Pick<Bench, 'server' | 'raw' | 'facts' | 'credentials'>,
): Promise<Omit<DatabaseReport, 'kind' | 'description' | 'data'>> {
  const { server, facts, credentials } = parts;
  const failures: string[] = [];
  const fail = (sentence: string) => {
    failures.push(sentence);
    tell(`FAILED: ${sentence}`);
  };
  const { connections, seconds, rounds } = options;
  const bench: Bench = { ...parts, connections, seconds, rounds, fail };

  const restSeconds = await untilAtRest(server, PATIENCE_MS);
  if (restSeconds === undefined) tell('The server is still busy with something of its own; measuring all the same');

  const shapes: ShapeReport[] = [];
  const prepared = new Map<string, { variants: Variants; answers: RawAnswers }>();
  for (const shape of SHAPES.filter(({ name }) => options.shapes.includes(name))) {
    tell(`${shape.name}, idle: ${shape.title}`);
    const variants = drawVariants(shape, facts, { seed: options.seed, hot: options.variants, cold: options.cold });
    // First, while the server knows nothing yet.
    const cold = await measureCold(bench, variants.cold);
    const answers = await examine(bench, variants.hot);
    prepared.set(shape.name, { variants, answers });
    shapes.push({
      ...{ name: shape.name, title: shape.title },
      variants: variants.hot.length,
      bytes: answers.sizes.reduce((sum, size) => sum + size, 0) / answers.sizes.length,
      cold,
      idle: await compare(bench, variants.hot, answers, 'quiet'),
      changing: undefined,
    });
  }
  const extractions: ExtractionReport[] = [];
  if (options.shapes.includes('i')) {
    tell('i, idle: extraction');
    extractions.push({ by: 'pages', idle: await extractByPages(bench, 'quiet'), changing: undefined });
    extractions.push({ by: 'cursor', idle: await extractByCursor(bench, 'quiet'), changing: undefined });
  }

  let deepPages: DeepPages[] = [];
  if (options.shapes.includes('p')) {
    tell('p, idle: the first page and one far behind');
    deepPages = await compareDeepPages(bench);
  }

  if (options.writes > 0) {
    let writers = 0;
    const whileChanging = <T>(work: () => Promise<T>) => {
      const seed = options.seed * 1000 + writers++;
      return changing({ database: database.address, perSecond: options.writes, seed }, work);
    };
    for (const shape of shapes) {
      tell(`${shape.name}, under changes: ${shape.title}`);
      const { variants, answers } = prepared.get(shape.name)!;
      const [comparison, writer] = await whileChanging(() => compare(bench, variants.hot, answers, 'changing'));
      shape.changing = { ...comparison, writer };
      await examine(bench, variants.hot);
    }
    for (const extraction of extractions) {
      tell(`i, under changes: extraction by ${extraction.by}`);
      const extract = extraction.by === 'pages' ? extractByPages : extractByCursor;
      [extraction.changing] = await whileChanging(() => extract(bench, 'changing'));
    }
  }

  // Of reading: those who write need more.
  const memoryOfReads = server.memory();
  const writes: WriteReport[] = options.shapes.includes('w')
    ? await measureWrites({ ...{ server, database, credentials, tell, fail }, scale: options.scale })
    : [];
  const memory = { memoryOfReads, memoryOfWrites: writes.length === 0 ? undefined : server.memory() };
  return { startMs: server.startMs, restSeconds, ...memory, shapes, extractions, deepPages, writes, failures };
}

/** Does the work while another process changes calls. */
async function changing<T>(
  start: { database: string; perSecond: number; seed: number },
  work: () => Promise<T>,
): Promise<[T, Written]> {
  await using writer = startChild<WriterOrder, WriterReply>('writer.ts', benchEnvironment(start.database));
  await writer.order({ start });
  const result = await work();
  const reply = await writer.order({ stop: true });
  if (!('stopped' in reply)) throw new Error('The writer did not tell what it has done');
  return [result, reply.stopped];
}
