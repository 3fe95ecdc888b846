import { isPostgresAddress } from '../config/database-mistake.ts';
import type { Settings } from '../config.ts';
import type { Store } from '../core/call-store.ts';
import type { Projects } from '../core/project.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../store/postgres/open-postgres-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../store/sqlite/open-sqlite-store.ts';
import { createDerivation } from '../wire/derivation.ts';

/** What of the settings a database depends on. */
export type StoreSettings = Pick<Settings, 'database' | 'timezone' | 'projects' | 'unsafeDatabase'>;

/** What each kind of database takes of these is its own affair. */
export type StoreOptions = Omit<SqliteStoreOptions, 'path' | 'derivation' | 'logger'> &
  Pick<PostgresStoreOptions, 'logger' | 'untilReachable'>;

/**
 * Opens the database that the settings name, brought up to date, without any server.
 * @throws StoreUnusableError with what to do
 */
export function openStore(settings: StoreSettings, options: StoreOptions = {}): Promise<Store> {
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  if (!isPostgres(settings)) return openSqliteStore({ ...options, path: databasePath(settings), derivation });
  return openPostgresStore({
    ...options,
    url: settings.database,
    derivation,
    isUnsafeAllowed: settings.unsafeDatabase,
  });
}

export function isPostgres({ database }: Pick<Settings, 'database'>): boolean {
  return isPostgresAddress(database);
}

/** The file of a database of SQLite; the settings write `sqlite:` in front of an absolute path. */
export function databasePath({ database }: Pick<Settings, 'database'>): string {
  return database.replace(/^sqlite:/, '');
}

export function projectsOf({ projects }: Pick<Settings, 'projects'>): Projects {
  return new Map(projects.map((project) => [project.id, project]));
}
