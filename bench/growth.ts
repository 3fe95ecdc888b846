import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../test/support/postgres-server.ts';
import type { BenchDatabase, RunDatabase } from './bench-database.ts';
import { type Load, loadFor, type Measurement, untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { type Bench, examine, loadOf, measureCold, medianOf, warmUp } from './measure.ts';
import { DATABASE_KINDS, type DatabaseKind } from './options.ts';
import { postgresDatabase } from './postgres-database.ts';
import type { RawAnswers } from './raw-server.ts';
import { saveResults } from './save-results.ts';
import { startRawServer, startServer } from './servers.ts';
import { SHAPES } from './shapes.ts';
import { sqliteDatabase } from './sqlite-database.ts';
import { figure, table } from './table.ts';
import { drawVariants } from './variants.ts';

/*
 * What reading costs as the list grows, all sizes by turns, so that the cost of one size can be compared with that of another:
 *
 *     node bench/growth.ts [--database sqlite] [--sizes 10000,100000,1000000] [--seconds 2] [--rounds 3] [--cold 200]
 *         [--variants 60] [--data bench/data] [--in-place] [--save | --append FILE]
 *
 * Ten million calls take 14 GB for SQLite and 24 GB for PostgreSQL, and as much again for the copy that a run works on, unless
 * it works on the data itself (`--in-place`). They are made in ten minutes each.
 */

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    sizes: { type: 'string', default: '10000,100000,1000000' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    cold: { type: 'string', default: '200' },
    // Of ten million calls 200,000 are pending and due: lists of more such filters are not kept at the same time.
    variants: { type: 'string', default: '60' },
    data: { type: 'string', default: join(import.meta.dirname, 'data') },
    'in-place': { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    append: { type: 'string' },
  },
});

const kind = DATABASE_KINDS.find((one) => one === values.database);
if (kind === undefined) throw new TypeError(`--database: ${values.database} (expected ${DATABASE_KINDS.join(' or ')})`);
const sizes = values.sizes.split(',').map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1_000)) throw new TypeError(`--sizes: ${values.sizes}`);
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];

/** A million entries of the change feed are cleared away in less. */
const PATIENCE_MS = 300_000;
/** What the largest list may cost for each microsecond of the smallest. */
const WISHED_RATIO = 1.3;

/** A server over a list of one size. */
interface Sized {
  size: number;
  bytes: number;
  startMs: number;
  bench: Bench;
  cold: (Measurement | undefined)[];
  hot: Measurement[];
  /** The bare server at answers of the same size: of a short list they are smaller. */
  bare: Measurement[];
}

const tell = (sentence: string) => process.stderr.write(`${sentence}\n`);
const failures: string[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

await using stack = new AsyncDisposableStack();
const machine = describeMachine();
const raw = stack.use(await startRawServer());
const all: Sized[] = [];
// All are prepared before the first one is copied: who prepares clears away copies of earlier runs.
const prepared: { size: number; data: BenchDatabase }[] = [];
mkdirSync(values.data, { recursive: true });
const url = kind === 'postgres' ? await startedPostgres() : undefined;
for (const size of sizes) prepared.push({ size, data: await prepare(kind, size) });
for (const { size, data } of prepared) all.push(await open(size, data));
for (const shape of SHAPES) {
  const loads: Load[] = [];
  const answers: RawAnswers[] = [];
  for (const one of all) {
    tell(`${figure(one.size)} calls: ${shape.name} ${shape.title}`);
    const options = { seed: 1, hot: Number(values.variants), cold: Number(values.cold) };
    const { hot, cold } = drawVariants(shape, one.bench.facts, options);
    one.cold.push(await measureCold(one.bench, cold));
    answers.push(await examine(one.bench, hot));
    loads.push(loadOf(one.bench, hot));
    await warmUp(loads.at(-1) as Load);
  }
  const measured = all.map((): { ours: Measurement[]; bare: Measurement[] } => ({ ours: [], bare: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [place, load] of loads.entries()) {
      await raw.prepare(answers[place] as RawAnswers);
      measured[place]?.bare.push(await loadFor({ ...load, target: raw }, seconds));
      measured[place]?.ours.push(await loadFor(load, seconds));
    }
  }
  for (const [place, one] of all.entries()) {
    const { ours = [], bare = [] } = measured[place] ?? {};
    const failed = [...ours, ...bare].reduce((sum, { failures: count }) => sum + count, 0);
    if (failed > 0) one.bench.fail(`${failed} requests of ${shape.name} were answered by an error or not at all`);
    one.hot.push(medianOf(ours));
    one.bare.push(medianOf(bare));
  }
}
print();
if (failures.length > 0) process.exitCode = 1;

/** One for all sizes. */
async function startedPostgres(): Promise<string> {
  const postgres = await startPostgres({ fsync: true, dataFolder: join(values.data, 'postgres') });
  stack.defer(() => postgres.stop());
  return postgres.url;
}

async function prepare(databaseKind: DatabaseKind, rows: number): Promise<BenchDatabase> {
  const options = { folder: values.data, rows, seed: 1, tell };
  return stack.use(await (databaseKind === 'sqlite' ? sqliteDatabase(options) : postgresDatabase({ ...options, url })));
}

async function open(size: number, data: BenchDatabase): Promise<Sized> {
  tell(`${figure(size)} calls: ${values['in-place'] ? 'opening' : 'copying'}`);
  const database: RunDatabase = stack.use(await (values['in-place'] ? data.itself() : data.copy()));
  const credentials = { token: randomBytes(16).toString('hex'), key: randomBytes(16).toString('hex') };
  const logs = mkdtempSync(join(tmpdir(), 'callqueue-bench-growth-'));
  stack.defer(() => rmSync(logs, { recursive: true, force: true }));
  const server = stack.use(await startServer({ database, folder: logs, credentials, log: 'info' }));
  await untilAtRest(server, PATIENCE_MS);
  const fail = (sentence: string) => {
    failures.push(`${figure(size)} calls: ${sentence}`);
    tell(`FAILED: ${sentence}`);
  };
  const bench: Bench = {
    ...{ server, raw, credentials, seconds, rounds: 1, fail },
    facts: database.facts,
    connections: 16,
  };
  return { size, bytes: data.bytes, startMs: server.startMs, bench, cold: [], hot: [], bare: [] };
}

function print(): void {
  const { cpu, cores, node, commit, loadBefore } = machine;
  const names = SHAPES.map(({ name }) => name);
  const rows = (of: (one: Sized) => (Measurement | undefined)[]) =>
    all.map((one) => [figure(one.size), ...of(one).map((measurement) => figure(measurement?.microseconds))]);
  const [first, last] = [all[0] as Sized, all.at(-1) as Sized];
  const ratioOf = (kindOf: 'hot' | 'bare') =>
    last[kindOf].map(({ microseconds }, place) => microseconds / (first[kindOf][place] as Measurement).microseconds);
  const [hotRatios, bareRatios] = [ratioOf('hot'), ratioOf('bare')];
  const ratios = hotRatios.map((ratio, place) => ratio / (bareRatios[place] as number));
  const tooMuch = names.filter((_, place) => !((ratios[place] as number) <= WISHED_RATIO));
  const others = Math.max(...all.flatMap(({ hot }) => hot.map((one) => one.others)));
  const text = `${[
    `${cores} × ${cpu}, Node ${node.slice(1)}; ${kind}; commit ${commit}, load before ${figure(loadBefore, 2)}; ` +
      `16 connections, ${rounds} rounds of ${seconds} s by turns; others at most ${figure(others, 2)}`,
    'Hot, idle: us a request, of server and database',
    table(
      ['calls', ...names],
      [
        ...rows(({ hot }) => hot),
        ['largest / smallest', ...hotRatios.map((ratio) => figure(ratio, 2))],
        ['without what answers grew', ...ratios.map((ratio) => figure(ratio, 2))],
      ],
    ),
    'The bare server at answers of the same size, by turns with each',
    table(
      ['calls', ...names],
      [...rows(({ bare }) => bare), ['largest / smallest', ...bareRatios.map((ratio) => figure(ratio, 2))]],
    ),
    tooMuch.length === 0
      ? `Wished: at most ${WISHED_RATIO} without what answers grew; met by all`
      : `Wished: at most ${WISHED_RATIO} without what answers grew; not met by ${tooMuch.join(', ')}`,
    'Cold: every request a filter that was never asked before',
    table(
      ['calls', ...names],
      rows(({ cold }) => cold),
    ),
    'Start',
    table(
      ['calls', 'MB', 'start ms', 'most memory MB', 'of its own MB'],
      all.map(({ size, bytes, startMs, bench: { server } }) => [
        ...[
          figure(size),
          figure(bytes / 1024 ** 2),
          figure(startMs),
          figure(server.memory()?.most),
          figure(server.memory()?.own),
        ],
      ]),
    ),
    ...failures.map((failure) => `FAILED: ${failure}`),
  ].join('\n\n')}\n`;
  process.stdout.write(text);
  const { save, append } = values;
  if (save || append !== undefined) saveResults(text, { about: `growth-${kind}`, append });
}
