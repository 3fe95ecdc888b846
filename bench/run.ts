import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { copyDatabase, type PreparedData, prepareData } from './data.ts';
import { extractByCursor, extractByPages } from './extraction.ts';
import { openFacts } from './facts.ts';
import { untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { type Bench, compare, examine, measureCold } from './measure.ts';
import type { BenchOptions } from './options.ts';
import type { RawAnswers } from './raw-server.ts';
import type { ExtractionReport, Report, ShapeReport } from './report.ts';
import { startRawServer, startServer } from './servers.ts';
import { benchEnvironment } from './settings.ts';
import { SHAPES } from './shapes.ts';
import { drawVariants, type Variants } from './variants.ts';
import type { WriterOrder, WriterReply, Written } from './writer.ts';

/**
 * Measures everything that the options ask for: first all of it idle, then all of it again while calls change. Works on
 * a copy of the data, which it removes.
 */
export async function runBench(options: BenchOptions, tell: (sentence: string) => void): Promise<Report> {
  const machine = describeMachine();
  const data = await prepareData({ folder: options.data, rows: options.rows, seed: options.seed, tell });
  const folder = mkdtempSync(join(options.data, 'run-'));
  // Also when the run is interrupted.
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const database = join(folder, 'callqueue.db');
    copyDatabase(data.path, database);
    return { machine, options, ...(await measureAll({ options, data, database, tell })) };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** A million entries of the change feed are cleared away in less. */
const PATIENCE_MS = 300_000;

type Measured = Omit<Report, 'machine' | 'options'>;

interface Work {
  options: BenchOptions;
  data: PreparedData;
  database: string;
  tell: (sentence: string) => void;
}

async function measureAll(work: Work): Promise<Measured> {
  const { options, database } = work;
  const credentials = { token: randomBytes(16).toString('hex'), key: randomBytes(16).toString('hex') };
  const { profile } = options;
  const nodeArguments = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  await using server = await startServer({ database, credentials, log: options.log, nodeArguments });
  await using raw = await startRawServer();
  using facts = openFacts(database);
  try {
    return await measureWith(work, { server, raw, facts, credentials });
  } catch (error) {
    work.tell(`${raw.lastWords()}\n${server.lastWords()}`);
    throw error;
  }
}

async function measureWith(
  { options, data, database, tell }: Work,
  parts: Pick<Bench, 'server' | 'raw' | 'facts' | 'credentials'>,
): Promise<Measured> {
  const { server, facts } = parts;
  const failures: string[] = [];
  const bench: Bench = {
    ...parts,
    ...{ connections: options.connections, seconds: options.seconds, rounds: options.rounds },
    fail(sentence) {
      failures.push(sentence);
      tell(`FAILED: ${sentence}`);
    },
  };

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
      idle: await compare(bench, variants.hot, answers),
      changing: undefined,
    });
  }
  const extractions: ExtractionReport[] = [];
  if (options.shapes.includes('i')) {
    tell('i, idle: extraction');
    extractions.push({ by: 'pages', idle: await extractByPages(bench, 'quiet'), changing: undefined });
    extractions.push({ by: 'cursor', idle: await extractByCursor(bench, 'quiet'), changing: undefined });
  }

  if (options.writes > 0) {
    let writers = 0;
    const whileChanging = <T>(work: () => Promise<T>) =>
      changing({ database, perSecond: options.writes, seed: options.seed * 1000 + writers++ }, work);
    for (const shape of shapes) {
      tell(`${shape.name}, under changes: ${shape.title}`);
      const { variants, answers } = prepared.get(shape.name)!;
      const [comparison, writer] = await whileChanging(() => compare(bench, variants.hot, answers));
      shape.changing = { ...comparison, writer };
      await examine(bench, variants.hot);
    }
    for (const extraction of extractions) {
      tell(`i, under changes: extraction by ${extraction.by}`);
      const extract = extraction.by === 'pages' ? extractByPages : extractByCursor;
      [extraction.changing] = await whileChanging(() => extract(bench, 'changing'));
    }
  }

  return {
    data: { rows: facts.rows, bytes: statSync(data.path).size, made: data.made },
    startMs: server.startMs,
    restSeconds,
    peakMemoryMb: server.peakMemory(),
    ...{ shapes, extractions, failures },
  };
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
