import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuccessEnvelope } from '../../client/src/contract.ts';
import { openStore } from '../../src/app/open-store.ts';
import { type App, createApp } from '../../src/app.ts';
import { loadSettings, type Settings } from '../../src/config.ts';
import type { NewCall, Store } from '../../src/core/call-store.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { ConfiguredProject, Project } from '../../src/core/project.ts';
import type { NewToken, StoredToken } from '../../src/core/token.ts';
import { createLogger, type Logger } from '../../src/logger.ts';
import { createCredentials, hashToken, sealKey } from '../../src/wire/credentials.ts';

/** 2026-11-24 12:00:00 UTC, where the clock of a test stands unless it says otherwise. */
export const NOW = Date.UTC(2026, 10, 24, 12) / 1000;

/** Settings as they are by default, over a database in `folder`, in UTC, on a free port. */
export function testSettings(folder: string, changes: TestSettings = {}): Settings {
  const defaults = loadSettings({ env: {}, cwd: folder, machineTimezone: 'UTC', machineName: 'test' });
  const { limits, projects, ...others } = changes;
  const { settings: _, ...project } = defaults.projects[0] as ConfiguredProject;
  return {
    ...defaults,
    database: `sqlite:${join(folder, 'callqueue.db')}`,
    port: 0,
    log: 'trace',
    ...others,
    projects: projects?.map((given) => ({ ...project, ...given })) ?? [project],
    limits: { ...defaults.limits, ...limits },
  };
}

export type TestSettings = Partial<Omit<Settings, 'limits' | 'projects'>> & {
  limits?: Partial<Settings['limits']>;
  projects?: readonly (Project & Partial<ConfiguredProject>)[];
};

export interface TestApp extends AsyncDisposable {
  url: string;
  app: App;
  settings: Settings;
  /** The database of the app, opened a second time, as another process would. */
  store: Store;
  /** An admin token without a key. */
  token: string;
  /** What was logged so far, line by line. */
  logLines: string[];
  addCalls(calls: readonly NewCall[]): Promise<void>;
  addToken(
    token?: Partial<NewToken> & { withKey?: boolean },
  ): Promise<{ token: string; key: string; stored: StoredToken }>;
  /** Sends parameters as JSON. */
  post<Result = Record<string, unknown>>(parameters: object, options?: PostOptions): Promise<TestAnswer<Result>>;
  /** Asks for any address, with the token unless the request has its own header. */
  fetch(path: string, request?: RequestInit): Promise<Response>;
  /** Stops the app and removes its database. */
  stop(): Promise<void>;
}

export interface PostOptions {
  token?: string;
  headers?: Record<string, string>;
  path?: string;
}

export interface TestAnswer<Result> {
  status: number;
  headers: Headers;
  body: Omit<SuccessEnvelope<Result>, 'has_error' | 'messages'> & {
    has_error: boolean;
    messages: string[];
    errors?: { code: string; message: string; field: string | null; row: number | null }[];
  };
}

/**
 * Starts the whole app on a free port over an empty database in a folder of its own; `stop` removes both.
 *
 *     await using app = await startTestApp({ calls: [makeCall({ status: 'pending' })] });
 *     const { status, body } = await app.post({ action: 'read' });
 */
export async function startTestApp(
  options: {
    settings?: TestSettings;
    clock?: Clock;
    calls?: readonly NewCall[];
    logger?: Logger;
    streamPatienceMs?: number;
  } = {},
): Promise<TestApp> {
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-test-'));
  const settings = testSettings(folder, options.settings);
  const logLines: string[] = [];
  const logger =
    options.logger ?? createLogger({ level: 'trace', destination: { write: (line) => void logLines.push(line) } });
  const clock = options.clock ?? { now: () => NOW };
  const app = createApp({
    settings,
    logger,
    clock,
    ...(options.streamPatienceMs !== undefined && { streamPatienceMs: options.streamPatienceMs }),
  });
  const { url } = await app.start().catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const store = await openStore(settings);

  const addToken: TestApp['addToken'] = async ({ withKey = false, ...changes } = {}) => {
    const { token, key } = createCredentials();
    const stored = await store.addToken({
      name: 'test',
      hash: hashToken(token),
      sealedKey: withKey ? sealKey(key, token) : null,
      scope: 'admin',
      projectIds: null,
      agent: null,
      createdAt: clock.now(),
      ...changes,
    });
    return { token, key, stored };
  };
  const addCalls: TestApp['addCalls'] = async (calls) => {
    const session = await store.beginImport();
    await session.add(calls);
    await session.commit();
  };
  const { token } = await addToken();
  if (options.calls !== undefined) await addCalls(options.calls);

  const send: TestApp['fetch'] = (path, request = {}) => {
    const headers = new Headers(request.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return fetch(url + path, { ...request, headers });
  };
  const stop = async () => {
    await app.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };

  return {
    url,
    app,
    settings,
    store,
    token,
    logLines,
    addCalls,
    addToken,
    fetch: send,
    async post(parameters, { token: other, headers = {}, path = '/api/call-queue' } = {}) {
      const answer = await send(path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(other === undefined ? {} : { authorization: `Bearer ${other}` }),
          ...headers,
        },
        body: JSON.stringify(parameters),
      });
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as never };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
