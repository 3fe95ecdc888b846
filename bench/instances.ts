import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunDatabase } from './bench-database.ts';
import { untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { numberOf } from './make-calls.ts';
import { postgresDatabase } from './postgres-database.ts';
import { type Answer, type Credentials, createAsker, readBody } from './requests.ts';
import { type MeasuredServer, startServer } from './servers.ts';
import { SHAPES } from './shapes.ts';
import { figure, table } from './table.ts';
import { drawVariants } from './variants.ts';

/*
 * What several instances over one PostgreSQL do together, and what each request then costs them and the database:
 *
 *     node bench/instances.ts [--rows 1000000] [--seconds 5] [--most 3] [--data bench/data] [--postgres URL]
 *
 * Where load, instances and PostgreSQL share few cores, requests a second cannot grow; that the CPU a request takes stays
 * the same is then what can be seen.
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    most: { type: 'string', default: '3' },
    data: { type: 'string', default: join(import.meta.dirname, 'data') },
    postgres: { type: 'string' },
  },
});

const SECONDS = Number(values.seconds);
const LEAD_SECONDS = 2;
const CONNECTIONS = 24;
let saved = 0;

/** What one connection does again and again; answers how many requests that were. */
type Turn = () => Promise<number>;

interface Work {
  title: string;
  begin(database: RunDatabase, credentials: Credentials, url: string, connection: number): Turn;
}

const WORKS: readonly Work[] = [
  {
    title: 'reads (a, d, e, h by turns)',
    begin({ facts }, credentials, url, connection) {
      const shapes = SHAPES.filter(({ name }) => ['a', 'd', 'e', 'h'].includes(name));
      const bodies = shapes.map((shape) =>
        drawVariants(shape, facts, { seed: 1, hot: 50, cold: 0 }).hot.map(({ parameters }) =>
          readBody(parameters, credentials),
        ),
      );
      const ask = createAsker(url, credentials);
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
process.stdout.write(
  `${figure(Number(values.rows))} calls, ${cores} × ${cpu}, Node ${node.slice(1)}, ${database.description}\n` +
    `commit ${commit}, load before ${figure(loadBefore, 2)}, ${CONNECTIONS} connections over all instances\n\n`,
);
const rows: string[][] = [];
for (let count = 1; count <= Number(values.most); count++) rows.push(...(await measureInstances(count)));
const head = ['', 'instances', 'requests/s', 'us a request', 'of it database', 'log bytes', 'cores in use'];
process.stdout.write(`${table(head, rows)}\n`);

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
  { begin }: Work,
  run: RunDatabase,
  servers: readonly MeasuredServer[],
  credentials: Credentials,
): Promise<string[]> {
  const turns = Array.from({ length: CONNECTIONS }, (_, connection) =>
    begin(run, credentials, (servers[connection % servers.length] as MeasuredServer).url, connection),
  );
  // Until then connections are made, and code is compiled.
  await drive(turns, LEAD_SECONDS);
  const before = await used(run, servers);
  const requests = await drive(turns, SECONDS);
  const after = await used(run, servers);
  const seconds = (after.at - before.at) / 1000;
  const all = after.instances + after.database - before.instances - before.database;
  return [
    figure(requests / seconds),
    figure(all / requests),
    figure((after.database - before.database) / requests),
    figure((after.logged - before.logged) / requests),
    figure(all / 1_000_000 / seconds, 2),
  ];
}

async function drive(turns: readonly Turn[], seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  let requests = 0;
  const work = async (turn: Turn) => {
    while (performance.now() < until) {
      const done = await turn();
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
  return { database, instances, logged: (await loggedBytes?.()) ?? Number.NaN, at: performance.now() };
}

function requireGood({ status, body }: Answer): { id: number }[] {
  const text = body.toString();
  if (status !== 200 || !text.startsWith('{"has_error":false')) throw new Error(`${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text).results;
}
