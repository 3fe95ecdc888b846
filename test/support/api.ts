import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call } from '../../src/core/call.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import type { NewCall, Store } from '../../src/core/call-store.ts';
import { noPbx, type Pbx } from '../../src/core/pbx.ts';
import type { Projects } from '../../src/core/project.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { type ApiRequest, createApi } from '../../src/wire/api.ts';
import type { Credential } from '../../src/wire/credential.ts';
import { createDerivation } from '../../src/wire/derivation.ts';
import { errorAnswer, wholeBody } from '../../src/wire/envelope.ts';
import { decodeParameters, type ParameterMap } from '../../src/wire/parameters.ts';
import type { SystemFacts } from '../../src/wire/system-facts.ts';
import { makeCall } from './make-call.ts';
import { createCallsDatabase, openTestStore } from './postgres-store.ts';

/** 2026-11-24 12:00:00 UTC: the moment at which tests of the API ask. */
export const NOW = Date.UTC(2026, 10, 24, 12) / 1000;

export const TEST_ZONE = 'Europe/Bucharest';

/** Two Romanian projects, but for the second, which names no country. */
export const PROJECTS: Projects = new Map([
  [1, { id: 1, name: 'One', country: 'RO' }],
  [2, { id: 2, name: 'Two' }],
]);

export const anyone: Credential = { tokenId: 1, name: 'test', scope: 'read', projectIds: null, agent: null };
export const writer: Credential = { ...anyone, scope: 'write' };
export const admin: Credential = { ...anyone, scope: 'admin' };

/** The API over a real store, without HTTP. */
export interface TestApi {
  store: Store;
  add(calls: readonly Partial<NewCall>[]): Promise<void>;
  /** Everything that is stored, in order of id. */
  calls(): Promise<readonly Call[]>;
  /** Answers as the server would, errors included. */
  ask(
    parameters: ParameterMap,
    options?: Partial<Omit<ApiRequest, 'parameters'>>,
  ): Promise<{ status: number; text: string; headers: Readonly<Record<string, string>> }>;
  close(): Promise<void>;
}

export interface TestApiOptions {
  timeZoneName?: string;
  now?: () => number;
  contexts?: readonly string[];
  pbx?: Pbx;
  system?: Partial<SystemFacts>;
}

export async function openTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { timeZoneName = TEST_ZONE, now = () => NOW, contexts = [], pbx = noPbx } = options;
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-api-'));
  const timeZone = createTimeZone(timeZoneName);
  const derivation = createDerivation({ timeZone, projects: PROJECTS });
  const store =
    process.env.STORE === 'postgres'
      ? await openTestStore(await createCallsDatabase(), { derivation })
      : await openSqliteStore({ path: join(folder, 'test.db'), derivation });
  const queue = createCallQueue({ store, clock: { now }, pbx });
  const system: SystemFacts = {
    instance: { name: 'one', startedAt: NOW - 3600 },
    lastBackupAt: async () => undefined,
    database: () => ({ kind: 'sqlite', bytes: 4096, free_bytes: null }),
    checks: async () => ({ at: undefined, findings: [] }),
    ...options.system,
  };
  const api = createApi({ queue, projects: PROJECTS, timeZone, version: '1.2.3', contexts, system });

  return {
    store,
    async add(calls) {
      const session = await store.beginImport();
      await session.add(calls.map((changes) => makeCall(changes)));
      await session.commit();
    },
    async calls() {
      const found: Call[] = [];
      for await (const batch of queue.streamCalls({})) found.push(...batch);
      return found;
    },
    async ask(parameters, options = {}) {
      const answer = await api
        .handle({ credential: anyone, ...options, parameters })
        .catch((error: unknown) => errorAnswer(error, 'test'));
      return {
        status: answer.status,
        text: Buffer.from(wholeBody(answer) as string).toString(),
        headers: answer.headers,
      };
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const LIMITS = { depth: 8, count: 100_000 };

/** What a JSON body holds; text is taken as it stands, so that key order and numbers stay what they are. */
export function jsonParameters(body: unknown): ParameterMap {
  const json = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return decodeParameters({ method: 'POST', contentType: 'application/json', query: '', body: json, limits: LIMITS });
}

/** What a query string holds. */
export function formParameters(query: string): ParameterMap {
  return decodeParameters({ method: 'GET', contentType: undefined, query, body: new Uint8Array(), limits: LIMITS });
}
