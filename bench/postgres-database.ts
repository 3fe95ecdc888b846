import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import postgres, { type Sql } from 'postgres';
import { moveDatabase } from '../src/app/move-database.ts';
import { MIGRATIONS } from '../src/store/postgres/schema/migrations.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import type { BenchDatabase, RunDatabase } from './bench-database.ts';
import { familyCpuTimeOf, parentOf } from './cpu-time.ts';
import { prepareData } from './data.ts';
import { openFacts } from './facts.ts';
import { openPostgresFacts } from './postgres-facts.ts';
import { benchSettings } from './settings.ts';

export interface PostgresDatabaseOptions {
  /** Of a PostgreSQL that runs already; default: one of the bench's own, with its data beside the files of SQLite. */
  url: string | undefined;
  folder: string;
  rows: number;
  seed: number;
  tell: (sentence: string) => void;
}

/** All databases of the bench begin like this. */
const OURS = 'callqueue_bench_';
const RUN = `${OURS}run_`;

/**
 * Moves the calls of the SQLite file of the same size and seed to a PostgreSQL as `callqueue migrate --to` does, once, so that
 * both hold the same; or finds them there. A PostgreSQL of the bench's own makes its commits durable (`fsync`), and is
 * otherwise as it is installed.
 */
export async function postgresDatabase(options: PostgresDatabaseOptions): Promise<BenchDatabase> {
  const { folder, rows, seed, tell } = options;
  const source = await prepareData({ folder, rows, seed, tell });
  const own = options.url ? undefined : await startPostgres({ fsync: true, dataFolder: join(folder, 'postgres') });
  const sql = connect(options.url ?? (own?.url as string));
  const end = async () => {
    await sql.end();
    await own?.stop();
  };
  try {
    const url = options.url ?? (own?.url as string);
    await dropLike(sql, `${RUN}%`);
    const { template, seconds } = await prepareTemplate(sql, { ...options, url, path: source.path });
    const [size] = await sql`SELECT pg_database_size(${template})::float8 AS bytes`;
    return {
      kind: 'postgres',
      description: await describe(sql),
      bytes: size?.bytes,
      made: seconds === undefined ? undefined : { seconds, rowsPerSecond: rows / seconds },
      async copy() {
        const name = `${RUN}${randomBytes(4).toString('hex')}`;
        await sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
        const remove = async () => void (await sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`));
        return runDatabase(sql, { url, name, path: source.path, remove });
      },
      itself: () => runDatabase(sql, { url, name: template, path: source.path, remove: async () => undefined }),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function prepareTemplate(
  sql: Sql,
  { url, path, rows, seed, tell }: PostgresDatabaseOptions & { url: string; path: string },
): Promise<{ template: string; seconds: number | undefined }> {
  const begin = `${OURS}${rows}_${seed}_`;
  // The name of the file tells what the rows depend on.
  const print = createHash('sha256').update(path.replace(/^.*-/, '')).update(JSON.stringify(MIGRATIONS)).digest('hex');
  const template = `${begin}${print.slice(0, 8)}`;
  const found = await sql`SELECT 1 FROM pg_database WHERE datname = ${template}`;
  if (found.length > 0) return { template, seconds: undefined };
  await dropLike(sql, `${begin}%`);

  const unfinished = `${template}_unfinished`;
  await sql.unsafe(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8'`);
  const begun = performance.now();
  const { what } = await moveDatabase({
    settings: benchSettings(path),
    to: addressOf(url, unfinished),
    ...{ isCopyOnly: false, isReplacing: false, isDryRun: false, isUnsafeAllowed: false },
    tell: (sentence) => tell(`making the data in PostgreSQL: ${sentence}`),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  if (what !== 'moved') throw new Error(`The calls were not moved to PostgreSQL: ${what}`);
  const seconds = (performance.now() - begun) / 1000;
  const inside = connect(addressOf(url, unfinished));
  // As it is a while after a move; otherwise it would be done in the middle of some measurement.
  await inside.unsafe('VACUUM ANALYZE').finally(() => inside.end());
  await sql.unsafe(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  return { template, seconds };
}

async function runDatabase(
  sql: Sql,
  { url, name, path, remove }: { url: string; name: string; path: string; remove: () => Promise<void> },
): Promise<RunDatabase> {
  const address = addressOf(url, name);
  // Requests are drawn from the file, which holds the same, and which nobody writes to.
  const drawn = openFacts(`${pathToFileURL(path)}?immutable=1`);
  const facts = openPostgresFacts(address, drawn);
  return {
    address,
    facts,
    cpuTime: await cpuTimeOfServer(sql, url),
    async loggedBytes() {
      // The counters of pg_stat_wal come late, with the end of transactions.
      const [wal] = await sql`SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS bytes`;
      return wal?.bytes;
    },
    async bytes() {
      const [size] = await sql`SELECT pg_database_size(${name})::float8 AS bytes`;
      return size?.bytes;
    },
    async [Symbol.asyncDispose]() {
      await facts.close();
      drawn[Symbol.dispose]();
      await remove();
    },
  };
}

/** Of all processes of the server, when it runs on this machine and not in a container of its own. */
async function cpuTimeOfServer(sql: Sql, url: string): ReturnType<typeof cpuTimeFrom> {
  const { hostname } = new URL(url);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return undefined;
  const [backend] = await sql`SELECT pg_backend_pid() AS pid`;
  return cpuTimeFrom(backend?.pid);
}

async function cpuTimeFrom(backend: number) {
  const server = parentOf(backend);
  return server === undefined ? undefined : familyCpuTimeOf(server);
}

const TOLD = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'];

async function describe(sql: Sql): Promise<string> {
  const [version] = await sql`SELECT current_setting('server_version') AS number`;
  const settings = await sql`SELECT name, current_setting(name) AS value FROM unnest(${TOLD}::text[]) AS told (name)`;
  return [`PostgreSQL ${version?.number}`, ...settings.map(({ name, value }) => `${name} ${value}`)].join(', ');
}

/** Of earlier runs, which were interrupted or had other data; one that somebody works with stays. */
async function dropLike(sql: Sql, pattern: string): Promise<void> {
  const rows = await sql`SELECT datname AS name FROM pg_database WHERE datname LIKE ${pattern.replaceAll('_', '\\_')}`;
  for (const { name } of rows) {
    await sql.unsafe(`DROP DATABASE ${name}`).catch((error) => {
      if (error.code !== IN_USE) throw error;
    });
  }
}

const IN_USE = '55006';

function connect(url: string): Sql {
  return postgres(url, { max: 1, onnotice: () => undefined });
}

function addressOf(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}
