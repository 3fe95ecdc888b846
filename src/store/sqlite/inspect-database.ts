import type { Derivation } from '../../core/call-store.ts';
import { Connection } from './connection.ts';
import { isDerivedBy } from './derived.ts';
import { schemaVersion } from './migrate.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import { listTokens } from './tokens.ts';

/** What can be known of a database without changing it. */
export interface DatabaseFacts {
  sqliteVersion: string;
  /** Of the file, and what this program makes of it. */
  schema: { version: number; newest: number };
  /** What SQLite's own check complains of, the first ten; empty: nothing. */
  damage: string[];
  /** Undefined where the schema is too old to tell. */
  content: { calls: number; validTokens: number; isDerived: boolean } | undefined;
}

/**
 * Looks at a database beside whoever uses it. The check reads the whole file: about a second a gigabyte once the file
 * is in the cache of the system.
 * @throws StoreUnusableError, StoreUnavailableError
 */
export function inspectDatabase(path: string, derivation: Derivation): DatabaseFacts {
  const connection = new Connection(path, { readOnly: true });
  try {
    const version = schemaVersion(connection);
    const newest = MIGRATIONS.length;
    const complaints = connection.all('PRAGMA quick_check(10)').map(([complaint]) => String(complaint));
    const damage = complaints.length === 1 && complaints[0] === 'ok' ? [] : complaints;
    const content = () => ({
      calls: Number(connection.value('SELECT count(*) FROM calls')),
      validTokens: listTokens(connection).filter(({ revokedAt }) => revokedAt === null).length,
      isDerived: isDerivedBy(connection, derivation),
    });
    return {
      sqliteVersion: String(connection.value('SELECT sqlite_version()')),
      schema: { version, newest },
      damage,
      content: version === newest && damage.length === 0 ? content() : undefined,
    };
  } finally {
    connection.close();
  }
}

/**
 * How far a database is behind, without changing it; `path` undefined: there is none yet.
 * @throws StoreUnusableError when it belongs to another program or a newer version
 */
export function schemaState(
  path: string | undefined,
  derivation: Derivation,
): { version: number; newest: number; isOutdated: boolean } {
  const newest = MIGRATIONS.length;
  if (path === undefined) return { version: 0, newest, isOutdated: false };
  const connection = new Connection(path, { readOnly: true });
  try {
    const version = schemaVersion(connection);
    return { version, newest, isOutdated: version < newest || !isDerivedBy(connection, derivation) };
  } finally {
    connection.close();
  }
}

/**
 * Whether somebody with our rights can write to the database. Changes nothing.
 * @throws StoreUnavailableError when not, or when another process writes for longer than `waitMs`
 */
export async function checkWritable(path: string, waitMs: number): Promise<void> {
  const connection = new Connection(path);
  try {
    await connection.beginWrite(waitMs);
    connection.rollback();
  } finally {
    connection.close();
  }
}
