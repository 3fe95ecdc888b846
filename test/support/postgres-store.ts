import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import type { Derivation, Store } from '../../src/core/call-store.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres/open-postgres-store.ts';
import { plainDerivation } from './derivation.ts';
import { createTestDatabase } from './postgres.ts';

/** What is common to all stores of tests: their PostgreSQL need not survive a power cut. */
export function openTestStore(url: string, options: Partial<PostgresStoreOptions> = {}): Promise<Store> {
  return openPostgresStore({ url, derivation: plainDerivation, isUnsafeAllowed: true, ...options });
}

/** Databases with their tables, which tests use one after the other: to make one takes as long as twenty tests. */
const free: string[] = [];

/** The address of a database for the running test, with empty tables. */
export async function createCallsDatabase(): Promise<string> {
  const url = free.pop() ?? (await createTestDatabase({ isKept: true }));
  try {
    onTestFinished(async () => {
      await empty(url);
      free.push(url);
    });
  } catch {
    // No test is running yet: it is used until the end.
  }
  return url;
}

async function empty(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    const tables = await sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'counters'`;
    if (tables.length === 0) return;
    const others = tables.map(({ tablename }) => tablename as string).filter((table) => table !== 'meta');
    await sql.unsafe(`${others.map((table) => `DELETE FROM ${table};`).join('')}
      DELETE FROM call_counts;
      UPDATE counters SET last_id = 0, last_sequence = 0, changes_removed_through = 0;
      ALTER TABLE tokens ALTER id RESTART`);
  } finally {
    await sql.end();
  }
}

/** Called at the beginning of a test: answers what opens its databases by their names. */
export function preparePostgres(options: Partial<PostgresStoreOptions> = {}) {
  const databases = new Map<string, Promise<string>>();
  return async (name: string, derivation: Derivation = plainDerivation): Promise<Store> => {
    const url = databases.get(name) ?? createCallsDatabase();
    databases.set(name, url);
    return openTestStore(await url, { derivation, ...options });
  };
}
