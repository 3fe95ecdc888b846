import { StoreUnusableError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { MIGRATIONS } from './schema/migrations.ts';

/** Stands in the file's header ("CQue"), so that the database of another program is not taken for ours. */
export const APPLICATION_ID = 0x43517565;

export interface MigrateOptions {
  /** How long to wait for another process that writes. */
  lockWaitMs: number;
  /** For tests: these instead of our own. */
  migrations?: readonly (readonly string[])[];
}

export interface MigrateOutcome {
  from: number;
  to: number;
}

/**
 * Brings the schema up to date, in one transaction: killed at any moment it leaves the old or the new. Where two do it
 * at once, the second waits and finds it done.
 * @throws StoreUnusableError when the schema is newer than this program, or another program's
 */
export async function migrate(connection: Connection, options: MigrateOptions): Promise<MigrateOutcome> {
  const { lockWaitMs, migrations = MIGRATIONS } = options;
  const to = migrations.length;
  const seen = schemaVersion(connection, to);
  if (seen === to) return { from: to, to };
  return connection.write(() => {
    const from = schemaVersion(connection, to);
    for (const statement of migrations.slice(from).flat()) connection.exec(statement);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${to}`);
    return { from, to };
  }, lockWaitMs);
}

/** @throws StoreUnusableError when the schema is not the one of this program */
export function requireNewestSchema(connection: Connection): void {
  const version = schemaVersion(connection);
  if (version < MIGRATIONS.length) {
    throw new StoreUnusableError(
      `${connection.path} was written by an older callqueue (schema ${version} of ${MIGRATIONS.length}); ` +
        'start the server once, or run callqueue migrate',
    );
  }
}

/** @throws StoreUnusableError when the schema is newer than `newest`, or another program's */
export function schemaVersion(connection: Connection, newest = MIGRATIONS.length): number {
  const version = Number(connection.value('PRAGMA user_version'));
  const owner = Number(connection.value('PRAGMA application_id'));
  const tables = Number(connection.value('SELECT count(*) FROM sqlite_schema'));
  if (owner !== APPLICATION_ID && (tables > 0 || version !== 0 || owner !== 0)) {
    throw new StoreUnusableError(`${connection.path} is the database of another program; name another file`);
  }
  if (version > newest) {
    throw new StoreUnusableError(
      `${connection.path} was written by a newer callqueue (schema ${version}, this one knows ${newest}); install that one again`,
    );
  }
  return version;
}
