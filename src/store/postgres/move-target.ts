import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { TableComparison, TableContent } from '../../core/table-content.ts';
import { checkDatabase } from './check-database.ts';
import { Database } from './database.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { MIGRATIONS } from './schema/migrations.ts';
import type { Session } from './session.ts';
import { compareTables } from './table-sum.ts';
import { isEmpty, setMark, type TakeOver, takeOver } from './take-over.ts';

/** A database that is to hold what another one holds. */
export interface MoveTarget {
  /** Without a password. */
  readonly address: string;
  /**
   * Changes nothing.
   * @returns undefined where nothing was ever stored
   * @throws StoreUnusableError where an older program has stored something, which cannot be compared
   */
  compare(tables: readonly TableContent[], onRows: (rows: number) => void): Promise<TableComparison[] | undefined>;
  /** All or nothing, and what is there already only goes with all. @throws as take-over.ts, or when callqueue is connected */
  fill(options: TakeOver): Promise<TableComparison[]>;
  /** As in TakeOver. @returns whether it was another one */
  mark(backupMark: string | undefined): Promise<boolean>;
  /** Whatever is under way fails; a transaction is undone. */
  close(): Promise<void>;
}

export interface MoveTargetOptions {
  url: string;
  /** Take a PostgreSQL as it is that forgets what it has acknowledged when the power fails: for tests. */
  isUnsafeAllowed: boolean;
}

/** @throws StoreUnavailableError, StoreUnusableError when this PostgreSQL cannot be used */
export async function openMoveTarget({ url, isUnsafeAllowed }: MoveTargetOptions): Promise<MoveTarget> {
  const database = new Database({ url, mostSessions: 1 });
  try {
    await checkDatabase(database, { logger: undefined, isUnsafeAllowed });
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    address: database.address,
    async compare(tables, onRows) {
      const version = await schemaVersion(database);
      if (version === 0) return undefined;
      if (version < MIGRATIONS.length) throw tooOld(database, version);
      return database.read((session) =>
        withPatience(session, async () =>
          (await isEmpty(session, namesOf(tables))) ? undefined : compareTables(session, tables, onRows),
        ),
      );
    },
    async fill(options) {
      await requireAlone(database);
      await migrate(database);
      return database.write((session) => withPatience(session, () => takeOver(session, options)));
    },
    mark: (backupMark) => database.write((session) => setMark(session, backupMark)),
    close: () => database.close(),
  };
}

async function withPatience<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.allowLongStatements();
  // As bytes are written by us.
  await session.run(`SET LOCAL bytea_output = 'hex'`);
  try {
    return await work();
  } finally {
    session.forbidLongStatements();
  }
}

/** PostgreSQL may notice a little late that somebody has gone. */
const ATTEMPTS = 10;
const ATTEMPT_EVERY_MS = 200;

/** @throws StoreUnavailableError when another callqueue is connected to this database */
async function requireAlone(database: Database): Promise<void> {
  for (let left = ATTEMPTS; ; left -= 1) {
    const others = Number(
      await database.value(
        `SELECT count(*) FROM pg_stat_activity
          WHERE application_name = 'callqueue' AND datname = current_database() AND pid <> pg_backend_pid()`,
      ),
    );
    if (others === 0) return;
    if (left === 1) {
      throw new StoreUnavailableError(
        `callqueue has ${others === 1 ? 'a connection' : `${others} connections`} to ${database.address}: ` +
          'stop the servers there first',
      );
    }
    await pause(ATTEMPT_EVERY_MS);
  }
}

function tooOld({ address }: Database, version: number): StoreUnusableError {
  return new StoreUnusableError(
    `${address} was written by an older callqueue (schema ${version} of ${MIGRATIONS.length}); name an empty database`,
  );
}

const namesOf = (tables: readonly TableContent[]) => tables.map(({ table }) => table);
