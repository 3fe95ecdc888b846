import type { Derivation } from '../../core/call-store.ts';
import { type ServerFacts, serverFacts } from './check-database.ts';
import { Database } from './database.ts';
import { DatabaseClock } from './database-clock.ts';
import { DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { schemaVersion } from './migrate.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import { listTokens } from './tokens.ts';

/** What can be known of a database without changing it. */
export interface DatabaseFacts {
  /** Without a password. */
  address: string;
  server: ServerFacts;
  bytes: number;
  /** How far its clock is ahead of this machine's. */
  aheadMs: number;
  /** Of the tables, 0 where there are none, and what this program makes of them. */
  schema: { version: number; newest: number };
  /** Undefined where the schema is too old to tell. */
  content: { calls: number; validTokens: number; isDerived: boolean } | undefined;
}

/**
 * Looks at a database beside whoever uses it.
 * @throws StoreUnusableError, StoreUnavailableError
 */
export function inspectDatabase(url: string, derivation: Derivation): Promise<DatabaseFacts> {
  return withDatabase(url, async (database) => {
    const clock = new DatabaseClock(database);
    const server = await serverFacts(database);
    await clock.start();
    clock.stop();
    const version = await schemaVersion(database);
    const newest = MIGRATIONS.length;
    return {
      address: database.address,
      server,
      bytes: await databaseBytes(database),
      aheadMs: clock.aheadMs,
      schema: { version, newest },
      content: version === newest ? await contentOf(database, derivation) : undefined,
    };
  });
}

/**
 * How far a database is behind, without changing it.
 * @throws StoreUnusableError when it belongs to another program or a newer version
 */
export function schemaState(
  url: string,
  derivation: Derivation,
): Promise<{ address: string; version: number; newest: number; isOutdated: boolean }> {
  return withDatabase(url, async (database) => {
    const version = await schemaVersion(database);
    const newest = MIGRATIONS.length;
    const isDerived = async () =>
      new DerivedGuard(derivation, database.address).isMet(await database.value(SELECT_DERIVED));
    const isOutdated = version > 0 && (version < newest || !(await isDerived()));
    return { address: database.address, version, newest, isOutdated };
  });
}

/**
 * Whether the database can be written to. Changes nothing.
 * @throws StoreUnavailableError when not
 */
export function checkWritable(url: string): Promise<void> {
  return withDatabase(url, async (database) => {
    await database.write(async (session) => {
      await session.run('CREATE TEMPORARY TABLE callqueue_check (number bigint) ON COMMIT DROP');
    });
  });
}

/** All of the database, tables of others included. */
export async function databaseBytes(database: Database): Promise<number> {
  return (await database.value('SELECT pg_database_size(current_database())')) as number;
}

async function contentOf(database: Database, derivation: Derivation): Promise<DatabaseFacts['content']> {
  return {
    calls: (await database.value('SELECT count(*) FROM calls')) as number,
    validTokens: (await listTokens(database)).filter(({ revokedAt }) => revokedAt === null).length,
    isDerived: new DerivedGuard(derivation, database.address).isMet(await database.value(SELECT_DERIVED)),
  };
}

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = new Database({ url, mostSessions: 2 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
