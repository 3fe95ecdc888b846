import type { CallToSave } from '../client/src/contract.ts';
import { requestBody } from '../client/src/request-body.ts';
import { loadAgents } from './agents.ts';
import type { RunDatabase } from './bench-database.ts';
import { loadOnce, type Measurement } from './load.ts';
import { numberOf } from './make-calls.ts';
import { type Credentials, requestHeaders } from './requests.ts';
import type { MeasuredServer } from './servers.ts';

/** What one kind of change costs, over HTTP with the hash, on a disk that has to confirm every commit. */
export interface WriteReport extends Measurement {
  title: string;
  /** Calls in each request. */
  calls: number;
  /** Commands that shared a durable commit, on average. */
  commandsPerCommit: number;
  /** Bytes that the database has written ahead for a call; NaN where it does not tell. */
  loggedBytesPerCall: number;
}

export interface WritesOptions {
  server: MeasuredServer;
  database: RunDatabase;
  credentials: Credentials;
  /** Share of the requests that are sent. */
  scale: number;
  tell(sentence: string): void;
  fail(sentence: string): void;
}

/** Requests of one kind. */
interface Work {
  title: string;
  calls: number;
  send(options: WritesOptions): Promise<Measurement>;
}

const PROJECT = 1;

const WORKS: readonly Work[] = [
  saves('saves of 1,000, one client', { calls: 1000, requests: 100, connections: 1 }),
  saves('saves of 1,000, 4 clients', { calls: 1000, requests: 100, connections: 4 }),
  saves('saves of one, one client', { calls: 1, requests: 2000, connections: 1 }),
  saves('saves of one, 64 clients', { calls: 1, requests: 30_000, connections: 64 }),
  saves('saves of 10,000, one client', { calls: 10_000, requests: 5, connections: 1 }),
  claims('claim and complete, one agent', { pairs: 1000, connections: 1 }),
  claims('claim and complete, 8 agents', { pairs: 4000, connections: 8 }),
  claims('claim and complete, 64 agents', { pairs: 10_000, connections: 64 }),
];

export async function measureWrites(options: WritesOptions): Promise<WriteReport[]> {
  const { server, database, credentials, tell, fail } = options;
  const reports: WriteReport[] = [];
  for (const { title, calls, send } of WORKS) {
    tell(`w: ${title}`);
    const before = await commits(server, credentials);
    const logged = await database.loggedBytes?.();
    const measured = await send(options);
    const after = await commits(server, credentials);
    const loggedBytes = logged === undefined ? Number.NaN : (await database.loggedBytes!()) - logged;
    if (measured.failures > 0) fail(`${title}: ${measured.failures} requests were not answered well`);
    reports.push({
      ...measured,
      ...{ title, calls },
      commandsPerCommit: (after.commands - before.commands) / (after.commits - before.commits),
      loggedBytesPerCall: loggedBytes / (measured.requests * calls),
    });
  }
  return reports;
}

function saves(title: string, work: { calls: number; requests: number; connections: number }): Work {
  const { calls, connections } = work;
  return {
    ...{ title, calls },
    send({ server, credentials, scale }) {
      const requests = Math.max(connections, Math.round(work.requests * scale));
      const bodies = Array.from({ length: requests }, () => requestBody(saveOf(calls), credentials.key));
      const headers = { ...requestHeaders(credentials), 'content-type': 'application/json' };
      return loadOnce({ target: server, bodies, headers, connections });
    },
  };
}

function claims(title: string, { pairs, connections }: { pairs: number; connections: number }): Work {
  return {
    ...{ title, calls: 1 },
    send: ({ server, credentials, scale }) =>
      loadAgents(server, credentials, { connections, pairs: Math.max(connections, Math.round(pairs * scale)) }),
  };
}

let madeCalls = 0;

function saveOf(count: number): object {
  const calls = Array.from({ length: count }, () => newCall(madeCalls++));
  const data = { project_id: PROJECT, type: 'queue', destination: 'sales', campaign_name: 'Bench', calls };
  return { action: 'save', data };
}

/** As a CRM saves it. Numbers differ: who has claimed a call keeps others from claiming those of the same number. */
function newCall(index: number): CallToSave {
  return {
    caller_id: numberOf(3 * (200_000 + index)),
    caller_id_name: `Customer ${index}`,
    external_id: `saved-${index}`,
    ...(index % 3 === 0 && { priority: 5, max_retries: 3 }),
    ...(index % 4 === 0 && { vars: { customer: String(index), language: 'en' } }),
  };
}

interface Commits {
  commands: number;
  commits: number;
}

async function commits({ url }: MeasuredServer, { token }: Credentials): Promise<Commits> {
  const response = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const value = (name: string) => Number(new RegExp(`^callqueue_commit_commands_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { commands: value('sum'), commits: value('count') };
}
