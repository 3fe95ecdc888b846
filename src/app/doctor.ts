import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Settings } from '../config.ts';
import { CallQueueError } from '../core/errors.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { checkWritable, inspectDatabase } from '../store/sqlite/inspect-database.ts';
import { createDerivation } from '../wire/derivation.ts';
import { databasePath, projectsOf } from './open-store.ts';

/** One thing that was looked at, and what to do where it is not well. */
export interface Finding {
  subject: string;
  verdict: 'ok' | 'warn' | 'fail';
  text: string;
}

/**
 * What an installation needs, looked at one by one without changing anything.
 * @param options isServing: a server asks, which knows who listens on its port
 */
export async function* examine(
  settings: Settings,
  { isServing = false }: { isServing?: boolean } = {},
): AsyncGenerator<Finding> {
  yield* database(settings);
  yield diskSpace(settings);
  yield clock(settings);
  if (!isServing) yield await port(settings);
  yield exposure(settings);
}

const ok = (subject: string, text: string): Finding => ({ subject, verdict: 'ok', text });
const warn = (subject: string, text: string): Finding => ({ subject, verdict: 'warn', text });
const fail = (subject: string, text: string): Finding => ({ subject, verdict: 'fail', text });

async function* database(settings: Settings): AsyncGenerator<Finding> {
  const path = databasePath(settings);
  if (!existsSync(path)) {
    const folder = existingFolder(path);
    yield isWritable(folder)
      ? ok('database', `${path} is not there yet; the first start makes it`)
      : fail('database', `${path} cannot be made: no right to write in ${folder}`);
    return;
  }
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  try {
    const { schema, damage, content, sqliteVersion } = inspectDatabase(path, derivation);
    if (damage.length > 0) {
      yield fail('database', `${path} is damaged (${damage[0]}); stop callqueue and put back a backup`);
      return;
    }
    const size = statSync(path).size + (existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0);
    yield ok('database', `${path}, ${megabytes(size)}, undamaged, SQLite ${sqliteVersion}`);
    await checkWritable(path, 2000);
    yield ok('database', 'can be written to');
    if (schema.version < schema.newest) {
      yield warn(
        'schema',
        `version ${schema.version} of ${schema.newest}; the next start or callqueue migrate updates it`,
      );
    }
    if (content === undefined) return;
    yield content.isDerived
      ? ok('calls', `${content.calls} calls`)
      : warn(
          'calls',
          `${content.calls} calls, kept with another time zone, country or version; the next start or callqueue migrate updates them`,
        );
    yield tokens(content.validTokens, settings);
  } catch (error) {
    if (!(error instanceof CallQueueError)) throw error;
    yield fail('database', error.message);
  }
}

function tokens(valid: number, settings: Settings): Finding {
  const short = settings.token !== undefined && settings.token.length < 16;
  if (short) return warn('tokens', 'the token of the settings is shorter than 16 characters: it can be guessed');
  if (valid > 0 || settings.token !== undefined) return ok('tokens', `${valid} valid ones in the database`);
  return warn('tokens', 'nobody can log in; callqueue token create --name NAME makes one');
}

const SCARCE_BYTES = 1024 ** 3;
const EXHAUSTED_BYTES = 64 * 1024 ** 2;

function diskSpace(settings: Settings): Finding {
  const folder = existingFolder(databasePath(settings));
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${megabytes(free)} free in ${folder}`;
  if (free < EXHAUSTED_BYTES) return fail('disk', `${text}; free some, or calls can no longer be saved`);
  return free < SCARCE_BYTES ? warn('disk', `${text}; free some before it runs out`) : ok('disk', text);
}

/** No clock that is right shows a time before this program was written. */
const EARLIEST_SECONDS = Date.UTC(2026, 10, 1) / 1000;

function clock(settings: Settings): Finding {
  const now = Math.floor(Date.now() / 1000);
  const text = `${createTimeZone(settings.timezone).formatRfc3339(now)} in ${settings.timezone}`;
  if (now < EARLIEST_SECONDS) return fail('clock', `${text}: the clock of the machine is wrong; set it, best by NTP`);
  return ok('clock', text);
}

async function port(settings: Settings): Promise<Finding> {
  const { host, port: number } = settings;
  if (number === 0) return ok('port', 'a free one is taken at each start');
  const place = `${host} port ${number}`;
  const code = await tryToListen(host, number);
  if (code === undefined) return ok('port', `${place} is free; no server is running`);
  if (code !== 'EADDRINUSE')
    return fail('port', `${place} cannot be listened on (${code}); set CALLQUEUE_HOST or CALLQUEUE_PORT`);
  const answer = await health(host, number);
  if (answer === 200) return ok('port', `a server answers at ${place} and is ready`);
  if (answer === 503) return warn('port', `a server answers at ${place} but is not ready; its log says why`);
  return fail('port', `${place} is in use by another program; stop it, or set CALLQUEUE_PORT`);
}

function tryToListen(host: string, number: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: number, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The status of /readyz, undefined when whoever listens there is none of ours. */
async function health(host: string, number: number): Promise<number | undefined> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${number}/readyz`, { signal: AbortSignal.timeout(3000) });
    await response.body?.cancel();
    return response.headers.has('x-request-id') ? response.status : undefined;
  } catch {
    return undefined;
  }
}

function exposure({ host, metricsOpen }: Settings): Finding {
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (isLocal) return ok('network', `reached from this machine only (${host})`);
  const metrics = metricsOpen ? ', and /metrics is open to everybody' : '';
  return warn(
    'network',
    `reached from other machines (${host}): put a proxy with TLS in front, or tokens travel readable${metrics}`,
  );
}

function existingFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0)} MiB`;
