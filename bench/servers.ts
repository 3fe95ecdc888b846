import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { RunDatabase } from './bench-database.ts';
import { endOf, startChild } from './child.ts';
import { cpuTimeOf, type Memory, memoryOf } from './cpu-time.ts';
import type { Target } from './load.ts';
import type { RawAnswers, RawServerOrder, RawServerReply } from './raw-server.ts';
import type { Credentials } from './requests.ts';
import { benchEnvironment } from './settings.ts';

export interface MeasuredServer extends Target, AsyncDisposable {
  /** From the start of the process until it said that it answers. */
  startMs: number;
  memory(): Memory | undefined;
  /** Whether it has ended, and what it logged last that is no request answered well. */
  lastWords(): string;
}

export interface RawServer extends Target, AsyncDisposable {
  /** From now on it answers these. */
  prepare(answers: RawAnswers): Promise<void>;
  /** Whether it has ended. */
  lastWords(): string;
}

const PROGRAM = join(import.meta.dirname, '../bin/callqueue.js');
/** A server that was asked to stop promises to be gone after 10 s. */
const STOP_MS = 15_000;

/** A line for each of some million requests: a log may be longer than a string can be. */
const MOST_LOG_BYTES = 32 * 1024 ** 2;

function endOfFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, MOST_LOG_BYTES));
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(file);
  }
}

/**
 * Starts the real server as users do, over the database, with a token whose requests must carry the hash. Its log goes
 * to a file, as it would go to a journal.
 */
export async function startServer(options: {
  database: Pick<RunDatabase, 'address' | 'cpuTime'>;
  /** Where it works and logs. */
  folder: string;
  credentials: Credentials;
  log: string;
  /** Arguments for Node itself, such as `--cpu-prof`. */
  nodeArguments?: readonly string[];
}): Promise<MeasuredServer> {
  const { database, folder, credentials, log, nodeArguments = [] } = options;
  const logFile = join(folder, 'server.log');
  const stderr = openSync(logFile, 'w');
  const begun = performance.now();
  const server = spawn(process.execPath, [...nodeArguments, PROGRAM, 'serve'], {
    cwd: folder,
    env: benchEnvironment(database.address, {
      CALLQUEUE_TOKEN: credentials.token,
      CALLQUEUE_KEY: credentials.key,
      CALLQUEUE_LOG: log,
    }),
    stdio: ['ignore', 'pipe', stderr],
  });
  closeSync(stderr);
  const gone = once(server, 'exit');
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /http:\/\/[\d.]+:\d+/.exec(said)?.[0];
      if (address !== undefined) resolve(address);
    });
    server.once('error', reject);
    gone.then(() => reject(new Error(`The server did not start: ${endOfFile(logFile).slice(-2000)}`)));
  });
  const startMs = performance.now() - begun;
  const pid = server.pid as number;
  const ownCpuTime = cpuTimeOf(pid, () => cpuTimeByMetrics(url, credentials));
  const databaseCpuTime = database.cpuTime;
  return {
    url,
    startMs,
    cpuTime: databaseCpuTime ? async () => (await ownCpuTime()) + (await databaseCpuTime()) : ownCpuTime,
    databaseCpuTime,
    memory: () => memoryOf(pid),
    lastWords() {
      const words = endOfFile(logFile)
        .split('\n')
        .filter((line) => line !== '' && !line.includes('"status":200,'));
      return [`The server: ${endOf(server) ?? 'running'}`, ...words.slice(-20)].join('\n');
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM');
      const late = setTimeout(kill, STOP_MS);
      await gone;
      clearTimeout(late);
      process.off('exit', kill);
    },
  };
}

export async function startRawServer(): Promise<RawServer> {
  const child = startChild<RawServerOrder, RawServerReply>('raw-server.ts');
  const first = await child.reply();
  if (!('url' in first)) throw new Error('The raw server did not tell its address');
  return {
    url: first.url,
    cpuTime: cpuTimeOf(child.pid, async () => {
      const reply = await child.order({ ask: 'cpu' });
      return 'cpuMicroseconds' in reply ? reply.cpuMicroseconds : Number.NaN;
    }),
    async prepare(answers) {
      await child.order({ answers });
    },
    lastWords: () => `The raw server: ${child.end() ?? 'running'}`,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function cpuTimeByMetrics(url: string, { token }: Credentials): Promise<number> {
  const response = await fetch(new URL('/metrics', url), { headers: { authorization: `Bearer ${token}` } });
  const seconds = /^process_cpu_seconds_total ([\d.e+-]+)/m.exec(await response.text())?.[1];
  return Number(seconds) * 1_000_000;
}
