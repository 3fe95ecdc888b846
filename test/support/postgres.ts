import { randomBytes } from 'node:crypto';
import postgres, { type Sql } from 'postgres';
import { inject, onTestFinished } from 'vitest';

/**
 * A fresh, empty database for the running test, dropped when it has finished; outside of a test it lives as long as the run.
 * The server is one for all tests of a run. Those that kill it start one of their own: `startPostgres`.
 *
 * @param options.template name of a database that nobody is connected to, to be copied
 * @param options.isKept it lives as long as the run also when a test makes it, as one to be copied
 * @returns its address, as the superuser
 */
export async function createTestDatabase(options: { template?: string; isKept?: boolean } = {}): Promise<string> {
  const { template = 'template1', isKept = false } = options;
  const url = new URL(await serverUrl());
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asSuperuser(url.href, (sql) => sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY wal_log`));
  if (isKept) return Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const drop = () => asSuperuser(url.href, (sql) => sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`));
  try {
    onTestFinished(drop);
  } catch {
    // No test is running: it goes with the server.
  }
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function serverUrl(): Promise<string> {
  const answer = await fetch(inject('postgresDoor'));
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function asSuperuser(url: string, run: (sql: Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await run(sql);
  } finally {
    await sql.end();
  }
}
