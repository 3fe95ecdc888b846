import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Client, type ClientOptions, createClient } from '#client';
import { LAUNCHER } from '../support/cli.ts';

export const TOKEN = 'a-token-of-the-settings';
/** Where the clients of a process that comes back under another port believe it to be. */
const LASTING_URL = 'http://callqueue.test';
const ADDRESS = /^callqueue answers at (http:\S+)\/api\/call-queue /m;

/** The real server as a process of its own, over one database that outlives it. */
export interface ServerProcess extends AsyncDisposable {
  /** Of the process that runs now. */
  readonly url: string;
  readonly pid: number;
  readonly database: string;
  /** Starts it, for the first time or again. @throws when it does not come up, with its last words */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; how it ended and how long that took. */
  stop(): Promise<{ code: number | null; seconds: number }>;
  /** Runs another command beside it, as a process of its own. */
  command(args: readonly string[]): Promise<{ code: number | null; stderr: string }>;
  /** A client that finds the server again after a restart; sends everything once unless told otherwise. */
  client(options?: Partial<ClientOptions>): Client;
  /** What all its processes logged. */
  log(): string;
}

/** @param options.database its folder must exist; the log is written beside it unless `logFolder` names another place */
export function createServerProcess(options: {
  database: string;
  logFolder: string;
  env?: Readonly<Record<string, string>>;
}): ServerProcess {
  const { database, logFolder, env = {} } = options;
  const logFile = join(logFolder, 'server.log');
  const environment = {
    ...{ PATH: process.env.PATH ?? '', CALLQUEUE_PORT: '0', CALLQUEUE_TOKEN: TOKEN, CALLQUEUE_LOG: 'warn' },
    ...{ CALLQUEUE_DATABASE: `sqlite:${database}`, CALLQUEUE_TIMEZONE: 'UTC', CALLQUEUE_COUNTRY: 'GB', ...env },
  };
  let running: { url: string; pid: number; gone: Promise<unknown>; signal(name: NodeJS.Signals): void } | undefined;
  const now = () => {
    if (running === undefined) throw new Error('The server is not running');
    return running;
  };

  const server: ServerProcess = {
    get url() {
      return now().url;
    },
    get pid() {
      return now().pid;
    },
    database,
    async start() {
      const log = openSync(logFile, 'a');
      const child = spawn(process.execPath, [LAUNCHER, 'serve'], {
        cwd: logFolder,
        env: environment,
        stdio: ['ignore', 'pipe', log],
      });
      closeSync(log);
      const gone = once(child, 'exit');
      const url = await new Promise<string>((resolve, reject) => {
        let said = '';
        child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
          const address = ADDRESS.exec(said)?.[1];
          if (address !== undefined) resolve(address);
        });
        gone.then(() => reject(new Error(`The server did not start: ${server.log().slice(-2000)}`)), reject);
      });
      running = { url, pid: child.pid as number, gone, signal: (name) => child.kill(name) };
    },
    async kill() {
      const { signal, gone } = now();
      signal('SIGKILL');
      await gone;
      running = undefined;
    },
    async stop() {
      const begun = performance.now();
      const { signal, gone } = now();
      signal('SIGTERM');
      const [code] = (await gone) as [number | null];
      running = undefined;
      return { code, seconds: (performance.now() - begun) / 1000 };
    },
    async command(args) {
      const child = spawn(process.execPath, [LAUNCHER, ...args], {
        cwd: logFolder,
        env: environment,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      return { code: code as number | null, stderr };
    },
    client: (others) =>
      createClient({
        ...{ url: LASTING_URL, token: TOKEN, retries: 0 },
        fetch: (url, init) => fetch(url.replace(LASTING_URL, running?.url ?? 'http://127.0.0.1:1'), init),
        ...others,
      }),
    log: () => readFileSync(logFile, 'utf8'),
    async [Symbol.asyncDispose]() {
      if (running !== undefined) await server.kill();
    },
  };
  return server;
}
