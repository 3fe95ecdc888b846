import type { Settings } from '../config.ts';
import type { Store } from '../core/call-store.ts';
import type { Projects } from '../core/project.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../store/sqlite/open-sqlite-store.ts';
import { createDerivation } from '../wire/derivation.ts';

/** What of the settings a database depends on. */
export type StoreSettings = Pick<Settings, 'database' | 'timezone' | 'projects'>;

/**
 * Opens the database that the settings name, brought up to date, without any server.
 * @throws StoreUnusableError with what to do
 */
export function openStore(
  settings: StoreSettings,
  options: Omit<SqliteStoreOptions, 'path' | 'derivation'> = {},
): Promise<Store> {
  const timeZone = createTimeZone(settings.timezone);
  const derivation = createDerivation({ timeZone, projects: projectsOf(settings) });
  return openSqliteStore({ ...options, path: databasePath(settings), derivation });
}

/** The file of the database; the settings write `sqlite:` in front of an absolute path. */
export function databasePath({ database }: Pick<Settings, 'database'>): string {
  return database.replace(/^sqlite:/, '');
}

export function projectsOf({ projects }: Pick<Settings, 'projects'>): Projects {
  return new Map(projects.map((project) => [project.id, project]));
}
