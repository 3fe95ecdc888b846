import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { CallToSave } from '../client/src/contract.ts';
import { requestBody } from '../client/src/request-body.ts';
import { loadAgents } from './agents.ts';
import { copyDatabase, prepareData } from './data.ts';
import { loadOnce, type Measurement, untilAtRest } from './load.ts';
import { describeMachine } from './machine.ts';
import { numberOf } from './make-calls.ts';
import { type Credentials, requestHeaders } from './requests.ts';
import { type MeasuredServer, startServer } from './servers.ts';
import { figure, table } from './table.ts';

/*
 * What changing calls costs, over HTTP with the hash, on a large list and a disk that has to confirm every commit:
 *
 *     node bench/saves.ts [--rows 1000000] [--seed 1] [--data bench/data] [--scale 1]
 *
 * Prints a table; fails when anything is answered with an error. `--scale 0.1` sends a tenth of the requests.
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '1' },
    data: { type: 'string', default: join(import.meta.dirname, 'data') },
  },
});

const ROWS = numberOption('rows', 1000);
const SEED = numberOption('seed', 1);
const SCALE = numberOption('scale', 0.001);

/** @throws TypeError naming the option, the value and what is allowed */
function numberOption(name: 'rows' | 'seed' | 'scale', min: number): number {
  const number = /^\d{1,9}(\.\d+)?$/.test(values[name]) ? Number(values[name]) : Number.NaN;
  if (number >= min && (name === 'scale' || Number.isInteger(number))) return number;
  throw new TypeError(`--${name}: ${values[name]} (expected a ${name === 'scale' ? '' : 'whole '}number from ${min})`);
}

/** One kind of request, and how many of them. */
interface Work {
  title: string;
  requests: number;
  connections: number;
  /** Calls in each. */
  calls: number;
  parameters(): object;
}

const PROJECT = 1;

const WORKS: readonly Work[] = [
  save('saves of 1,000, one client', { calls: 1000, requests: 100, connections: 1 }),
  save('saves of 1,000, 4 clients', { calls: 1000, requests: 100, connections: 4 }),
  save('saves of one, one client', { calls: 1, requests: 2000, connections: 1 }),
  save('saves of one, 64 clients', { calls: 1, requests: 30_000, connections: 64 }),
  save('saves of 10,000, one client', { calls: 10_000, requests: 5, connections: 1 }),
];

let madeCalls = 0;

function save(title: string, work: Pick<Work, 'calls' | 'requests' | 'connections'>): Work {
  const parameters = () => {
    const calls = Array.from({ length: work.calls }, () => newCall(madeCalls++));
    const data = { project_id: PROJECT, type: 'queue', destination: 'sales', campaign_name: 'Bench', calls };
    return { action: 'save', data };
  };
  return { title, ...work, parameters };
}

/** As a CRM saves it. Numbers differ: who has claimed a call keeps others from claiming those of the same number. */
function newCall(index: number): CallToSave {
  return {
    caller_id: numberOf(3 * (200_000 + index)),
    caller_id_name: `Customer ${index}`,
    external_id: `bench-${index}`,
    ...(index % 3 === 0 && { priority: 5, max_retries: 3 }),
    ...(index % 4 === 0 && { vars: { customer: String(index), language: 'en' } }),
  };
}

process.exitCode = await main();

async function main(): Promise<number> {
  const tell = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const folder = resolve(values.data);
  const data = await prepareData({ folder, rows: ROWS, seed: SEED, tell });
  const copy = mkdtempSync(join(folder, 'run-'));
  try {
    const database = join(copy, 'callqueue.db');
    copyDatabase(data.path, database);
    const credentials = { token: randomBytes(16).toString('hex'), key: randomBytes(16).toString('hex') };
    await using server = await startServer({ database, credentials, log: 'info' });
    await untilAtRest(server, 60_000);
    const rows: string[][] = [];
    let failures = 0;
    for (const work of WORKS) {
      tell(work.title);
      const measured = await measure(server, credentials, work);
      failures += measured.failures;
      rows.push(rowOf(work, measured));
    }
    for (const connections of [1, 64]) {
      const title = `claim and complete, ${connections === 1 ? 'one agent' : `${connections} agents`}`;
      tell(title);
      const before = await commits(server, credentials);
      const pairs = Math.max(connections, Math.round((connections === 1 ? 1000 : 10_000) * SCALE));
      const measured = await loadAgents(server, credentials, { connections, pairs });
      const commandsPerCommit = commandsSince(before, await commits(server, credentials));
      failures += measured.failures;
      rows.push(rowOf({ title, calls: 1 }, { ...measured, commandsPerCommit }));
    }
    const { cpu, cores, node, sqlite, commit, loadBefore } = describeMachine();
    const head = [
      '',
      'calls/s',
      'requests/s',
      'p50 ms',
      'p99 ms',
      'CPU µs/call',
      'CPU ms/request',
      'commands/commit',
      'others',
    ];
    process.stdout.write(
      `${figure(ROWS)} calls, ${cores} × ${cpu}, Node ${node}, SQLite ${sqlite}, commit ${commit}, load ${loadBefore}\n\n` +
        `${table(head, rows)}\n\nPeak memory of the server: ${figure(server.peakMemory())} MB\n`,
    );
    if (failures > 0) tell(`FAILED: ${failures} requests were not answered well\n${server.lastWords()}`);
    return failures > 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

interface Measured extends Measurement {
  /** Commands that shared a durable commit, on average. */
  commandsPerCommit: number;
}

async function measure(server: MeasuredServer, credentials: Credentials, work: Work): Promise<Measured> {
  const requests = Math.max(work.connections, Math.round(work.requests * SCALE));
  const bodies = Array.from({ length: requests }, () => requestBody(work.parameters(), credentials.key));
  const headers = { ...requestHeaders(credentials), 'content-type': 'application/json' };
  const before = await commits(server, credentials);
  const measured = await loadOnce({ target: server, bodies, headers, connections: work.connections });
  return { ...measured, commandsPerCommit: commandsSince(before, await commits(server, credentials)) };
}

function rowOf({ title, calls }: Pick<Work, 'title' | 'calls'>, measured: Measured): string[] {
  const { requestsPerSecond, microseconds, p50Ms, p99Ms, commandsPerCommit, others } = measured;
  return [
    title,
    figure(requestsPerSecond * calls),
    figure(requestsPerSecond, requestsPerSecond < 100 ? 1 : 0),
    figure(p50Ms, 1),
    figure(p99Ms, 1),
    figure(microseconds / calls),
    figure(microseconds / 1000, 2),
    figure(commandsPerCommit, 1),
    figure(others, 1),
  ];
}

interface Commits {
  commands: number;
  commits: number;
}

function commandsSince(before: Commits, after: Commits): number {
  return (after.commands - before.commands) / (after.commits - before.commits);
}

async function commits({ url }: MeasuredServer, { token }: Credentials): Promise<Commits> {
  const response = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const value = (name: string) => Number(new RegExp(`^callqueue_commit_commands_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { commands: value('sum'), commits: value('count') };
}
