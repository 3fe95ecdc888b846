import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase } from './support/postgres.ts';
import { type PostgresOptions, startPostgres } from './support/postgres-server.ts';
import { tempFolder } from './support/temp-folder.ts';

function connect(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

async function start(options?: PostgresOptions) {
  const server = await startPostgres(options);
  onTestFinished(() => server.stop());
  return server;
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the PostgreSQL of the tests', () => {
  it('is of version 18, sorts by bytes, and gives each test an empty database of its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one).not.toBe(other);
    const sql = connect(one);
    await sql`CREATE TABLE kept (n integer)`;
    const [row] =
      await sql`SELECT current_setting('server_version_num')::int / 10000 AS version, 'B' < 'a' AS by_bytes`;
    expect(row).toEqual({ version: 18, by_bytes: true });
    expect(await connect(other)`SELECT to_regclass('kept') AS found`).toEqual([{ found: null }]);
    const copy = await (async () => {
      await sql.end();
      return createTestDatabase({ template: new URL(one).pathname.slice(1) });
    })();
    expect(await connect(copy)`SELECT count(*)::int AS n FROM kept`).toEqual([{ n: 0 }]);
  });

  it('keeps what was committed when it is killed, and comes back at the same address', async () => {
    const server = await start();
    const sql = connect(server.url);
    await sql`CREATE TABLE kept (n integer)`;
    await sql`INSERT INTO kept VALUES (1)`;
    await server.kill9();
    await expect(sql`SELECT 1`).rejects.toThrow();
    await server.restart();
    expect(await connect(server.url)`SELECT n FROM kept`).toEqual([{ n: 1 }]);
  });

  it('takes care of power cuts only where asked to', async () => {
    const url = await createTestDatabase();
    expect(await connect(url)`SHOW fsync`).toEqual([{ fsync: 'off' }]);
    const server = await start({ fsync: true });
    expect(await connect(server.url)`SHOW fsync`).toEqual([{ fsync: 'on' }]);
    // To end it in order would write everything to the disk.
    await server.kill9();
  });

  it('uses a folder again that has data already, and leaves it', async () => {
    const dataFolder = tempFolder();
    const first = await start({ dataFolder });
    await connect(first.url)`CREATE TABLE kept (n integer)`;
    await first.stop();
    await first.stop();
    const second = await start({ dataFolder, port: first.port });
    expect(second.url).toBe(first.url);
    expect(await connect(second.url)`SELECT count(*)::int AS n FROM kept`).toEqual([{ n: 0 }]);
  });

  it('ends and leaves nothing when the process that started it is killed', async () => {
    const program = `
      const { startPostgres } = await import('./test/support/postgres-server.ts');
      const { url } = await startPostgres();
      const sql = (await import('postgres')).default(url);
      const [row] = await sql\`SELECT current_setting('data_directory') AS folder\`;
      console.log(row.folder);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const folder = String(line).trim();
    const pid = Number(execFileSync('head', ['-1', join(folder, 'postmaster.pid')], { encoding: 'utf8' }));
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(pid) || existsSync(join(folder, '..')), { timeout: 10_000 }).toBe(false);
  });
});
