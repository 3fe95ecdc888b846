import { StoreUnusableError } from '../../core/errors.ts';
import { DERIVED_LOCK, SCHEMA_LOCK } from './advisory-locks.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import type { Session } from './session.ts';

export interface MigrateOptions {
  /** For tests: these instead of our own. */
  migrations?: readonly (readonly string[])[];
}

export interface MigrateOutcome {
  from: number;
  to: number;
}

/**
 * Brings the schema up to date, in one transaction: killed at any moment it leaves the old or the new. Where several do it
 * at once, the others wait and find it done.
 * @throws StoreUnusableError when the schema is newer than this program, or another program's
 */
export async function migrate(
  database: Database,
  { migrations = MIGRATIONS }: MigrateOptions = {},
): Promise<MigrateOutcome> {
  const to = migrations.length;
  const seen = await schemaVersion(database, to);
  if (seen === to) return { from: to, to };
  return database.write(async (session) => {
    await session.allowLongStatements();
    await session.run('SET LOCAL lock_timeout = 0');
    try {
      await session.all(`SELECT pg_advisory_xact_lock(${SCHEMA_LOCK})`);
      // Whoever is writing by the old schema comes to an end first; who comes after sees that there is a new one.
      await session.all(`SELECT pg_advisory_xact_lock(${DERIVED_LOCK})`);
      const from = await versionOf(session, database.address, to);
      for (const statement of migrations.slice(from).flat()) await session.run(statement);
      await session.all(
        `INSERT INTO meta (name, value) VALUES ('schema', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [String(to)],
      );
      return { from, to };
    } finally {
      session.forbidLongStatements();
    }
  });
}

/** @throws StoreUnusableError when the schema is not the one of this program */
export async function requireNewestSchema(database: Database): Promise<void> {
  const version = await schemaVersion(database);
  if (version < MIGRATIONS.length) {
    const what =
      version === 0
        ? 'There are no calls yet'
        : `It was written by an older callqueue (schema ${version} of ${MIGRATIONS.length})`;
    throw new StoreUnusableError(`${what}; start the server once, or run callqueue migrate (${database.address})`);
  }
}

/** 0: there is none yet. @throws StoreUnusableError when the schema is newer than `newest`, or another program's */
export function schemaVersion(database: Database, newest = MIGRATIONS.length): Promise<number> {
  return database.ask((session) => versionOf(session, database.address, newest));
}

async function versionOf(session: Session, address: string, newest: number): Promise<number> {
  const [meta, calls] = (await session.get(
    `SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('meta') AND attname IN ('name', 'value')),
      to_regclass('calls') IS NOT NULL`,
  )) as [number, boolean];
  const written = meta < 2 ? null : await session.value(`SELECT value FROM meta WHERE name = 'schema'`);
  if (written === null) {
    if (!calls && meta === 0) return 0;
    throw new StoreUnusableError(
      `There are tables of another program; name another database, or a schema of our own: ?search_path=callqueue (${address})`,
    );
  }
  const version = Number(written);
  if (version > newest) {
    throw new StoreUnusableError(
      `The database was written by a newer callqueue (schema ${version}, this one knows ${newest}); ` +
        `install that one again (${address})`,
    );
  }
  return version;
}
