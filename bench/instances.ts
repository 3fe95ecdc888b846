import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunDatabase } from './bench-database.ts';
import { machineCpuTime } from './cpu-time.ts';
import type { Facts } from './facts.ts';
import { limitOf } from './limit.ts';
import { untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { numberOf } from './make-calls.ts';
import { postgresDatabase } from './postgres-database.ts';
import { type Answer, type Credentials, createAsker, readBody } from './requests.ts';
import { saveResults } from './save-results.ts';
import { type MeasuredServer, startServer } from './servers.ts';
import { SHAPES } from './shapes.ts';
import { figure, table } from './table.ts';
import { drawVariants } from './variants.ts';

/*
 * What several instances over one PostgreSQL do together, and what each request then costs them and the database:
 *
 *     node bench/instances.ts [--rows 1000000] [--seconds 5] [--most 3] [--data bench/data] [--postgres URL]
 *         [--save | --append FILE]
 *
 * Where load, instances and PostgreSQL share few cores, requests a second cannot grow once all of these are busy; that the
 * CPU a request takes stays the same is then what can be seen.
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    most: { type: 'string', default: '3' },
    data: { type: 'string', default: join(import.meta.dirname, 'data') },
    postgres: { type: 'string' },
    save: { type: 'boolean', default: false },
    append: { type: 'string' },
  },
});

const SECONDS = Number(values.seconds);
const LEAD_SECONDS = 2;
const CONNECTIONS = 24;
let saved = 0;

const READ_SHAPES: readonly string[] = ['a', 'd', 'e', 'h'];
/** Different ones of each shape, in all connections, and in each of them. */
const HOT_READS = 50;
const COLD_READS = 50;
/** Until lists of what was asked again are made, on every instance. */
const PATIENCE_MS = 60_000;

/** What one connection does again and again; answers how many requests that were; undefined: it has nothing left to do. */
type Turn = () => Promise<number | undefined>;

interface Work {
  title: string;
  /** Before anything is counted: nothing, as what is asked then would not be new any more; or all until lists are made. */
  lead?: 'none' | 'lists';
  begin(database: RunDatabase, credentials: Credentials, url: string, connection: number): Turn;
}

const WORKS: readonly Work[] = [
  // First, while nothing was asked yet.
  {
    title: `cold reads (${READ_SHAPES.join(', ')} by turns)`,
    lead: 'none',
    begin({ facts }, credentials, url, connection) {
      const ask = createAsker(url, credentials);
      // Questions of its own, so that no other connection has asked them.
      const bodies = readsOf(facts, credentials, { seed: 2 + connection, count: COLD_READS });
      let turn = 0;
      return async () => {
        const body = bodies[turn % bodies.length]?.[Math.floor(turn / bodies.length)];
        if (body === undefined) return undefined;
        turn += 1;
        requireGood(await ask(body));
        return 1;
      };
    },
  },
  {
    title: `hot reads (${READ_SHAPES.join(', ')} by turns)`,
    lead: 'lists',
    begin({ facts }, credentials, url, connection) {
      const ask = createAsker(url, credentials);
      const bodies = readsOf(facts, credentials, { seed: 1, count: HOT_READS });
      let turn = connection;
      return async () => {
        const list = bodies[turn % bodies.length] ?? [];
        requireGood(await ask(list[Math.floor(turn / bodies.length) % list.length] as string));
        turn += 1;
        return 1;
      };
    },
  },
  {
    title: 'saves of one',
    begin(_database, credentials, url) {
      const ask = createAsker(url, credentials);
      return async () => {
        const call = { caller_id: numberOf(3 * (200_000 + saved)), external_id: `instances-${saved++}` };
        const save = { action: 'save', data: { project_id: 1, type: 'queue', destination: 'sales', calls: [call] } };
        requireGood(await ask(readBody(save, credentials)));
        return 1;
      };
    },
  },
  // After the saves, so that there is something to claim.
  {
    title: 'claims and completions',
    begin(_database, credentials, url, connection) {
      const ask = createAsker(url, credentials);
      const agent = `agent-${url.slice(-5)}-${connection}`;
      return async () => {
        const claimed = requireGood(await ask(readBody({ action: 'claim', data: { agent } }, credentials)));
        const id = claimed[0]?.id;
        if (id === undefined)
          throw new Error('Nothing is left to claim: make more calls, or measure for a shorter time');
        const completion = { action: 'complete', data: { agent, id, result: 'answered' } };
        requireGood(await ask(readBody(completion, credentials)));
        return 2;
      };
    },
  },
];

const tell = (sentence: string) => process.stderr.write(`${sentence}\n`);
await using database = await postgresDatabase({
  ...{ url: values.postgres, folder: values.data, rows: Number(values.rows), seed: 1, tell },
});
const { cpu, cores, node, commit, loadBefore } = describeMachine();
const heading =
  `${figure(Number(values.rows))} calls, ${cores} × ${cpu}, Node ${node.slice(1)}, ${database.description}\n` +
  `commit ${commit}, load before ${figure(loadBefore, 2)}, ${CONNECTIONS} connections over all instances`;
const rows: string[][] = [];
for (let count = 1; count <= Number(values.most); count++) rows.push(...(await measureInstances(count)));
const figures = ['requests/s', 'us a request', 'of it database', 'log bytes'];
const head = ['', 'instances', ...figures, 'cores in use', 'by the load', 'by others', 'limit'];
// One kind of work below the other, so that each shows how it grows.
const byWork = WORKS.flatMap(({ title }) => rows.filter(([name]) => name === title));
const text = `${heading}\n\n${table(head, byWork)}\n`;
process.stdout.write(text);
const { save, append } = values;
if (save || append !== undefined) saveResults(text, { about: 'instances', append });

/** Each number of instances works on a fresh copy. */
async function measureInstances(count: number): Promise<string[][]> {
  await using run = await database.copy();
  const credentials = { token: randomBytes(16).toString('hex'), key: randomBytes(16).toString('hex') };
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-bench-instances-'));
  const servers: MeasuredServer[] = [];
  try {
    for (let number = 0; number < count; number++) {
      servers.push(await startServer({ database: run, folder, credentials, log: 'info' }));
    }
    // What one of them clears away at first is cleared away for all.
    for (const server of servers) await untilAtRest(server, 300_000);
    const measured: string[][] = [];
    for (const work of WORKS) {
      tell(`${count} instances: ${work.title}`);
      measured.push([work.title, String(count), ...(await measure(work, run, servers, credentials))]);
    }
    return measured;
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  { begin, lead }: Work,
  run: RunDatabase,
  servers: readonly MeasuredServer[],
  credentials: Credentials,
): Promise<string[]> {
  const turns = Array.from({ length: CONNECTIONS }, (_, connection) =>
    begin(run, credentials, (servers[connection % servers.length] as MeasuredServer).url, connection),
  );
  // Until then connections are made, and code is compiled.
  if (lead !== 'none') await drive(turns, LEAD_SECONDS);
  if (lead === 'lists') {
    for (const server of servers) await untilAtRest(server, PATIENCE_MS);
    await drive(turns, LEAD_SECONDS);
  }
  const before = await used(run, servers);
  const requests = await drive(turns, SECONDS);
  const after = await used(run, servers);
  const seconds = (after.at - before.at) / 1000;
  const coresOf = (microseconds: number) => microseconds / 1_000_000 / seconds;
  const [load, machine] = [coresOf(after.load - before.load), coresOf(after.machine - before.machine)];
  const all = after.instances + after.database - before.instances - before.database;
  return [
    figure(requests / seconds),
    figure(all / requests),
    figure((after.database - before.database) / requests),
    figure((after.logged - before.logged) / requests),
    figure(coresOf(all), 2),
    figure(load, 2),
    figure(Math.max(0, machine - load - coresOf(all)), 2),
    limitOf({ machine, load }, cores),
  ];
}

async function drive(turns: readonly Turn[], seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  let requests = 0;
  const work = async (turn: Turn) => {
    while (performance.now() < until) {
      const done = await turn();
      if (done === undefined) return;
      // Only now: the others have counted meanwhile.
      requests += done;
    }
  };
  await Promise.all(turns.map(work));
  return requests;
}

async function used({ cpuTime, loggedBytes }: RunDatabase, servers: readonly MeasuredServer[]) {
  const database = (await cpuTime?.()) ?? Number.NaN;
  let instances = 0;
  // What each tells is its own and the database's.
  for (const server of servers) instances += (await server.cpuTime()) - ((await server.databaseCpuTime?.()) ?? 0);
  const { user, system } = process.cpuUsage();
  const whole = { load: user + system, machine: machineCpuTime(), at: performance.now() };
  return { database, instances, logged: (await loggedBytes?.()) ?? Number.NaN, ...whole };
}

/** Bodies of requests, for each shape. */
function readsOf(facts: Facts, credentials: Credentials, { seed, count }: { seed: number; count: number }): string[][] {
  const shapes = SHAPES.filter(({ name }) => READ_SHAPES.includes(name));
  return shapes.map((shape) =>
    drawVariants(shape, facts, { seed, hot: count, cold: 0 }).hot.map(({ parameters }) =>
      readBody(parameters, credentials),
    ),
  );
}

function requireGood({ status, body }: Answer): { id: number }[] {
  const text = body.toString();
  if (status !== 200 || !text.startsWith('{"has_error":false')) throw new Error(`${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text).results;
}
