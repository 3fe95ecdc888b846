import { existsSync } from 'node:fs';
import type { Settings } from '../config.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { schemaState as postgresState } from '../store/postgres/inspect-database.ts';
import { schemaState } from '../store/sqlite/inspect-database.ts';
import { createDerivation } from '../wire/derivation.ts';
import { databasePath, isPostgres, openStore, projectsOf } from './open-store.ts';

/** How a database differs from what this program and its settings want. */
export interface MigrationState {
  /** Of the file, or the address without a password. */
  path: string;
  /** 0: there is no database yet. */
  version: number;
  newest: number;
  /** Whether rows kept ready were made with other settings or by another version. */
  isOutdated: boolean;
}

/** @throws StoreUnusableError when it belongs to another program or a newer version */
export async function migrationState(settings: Settings): Promise<MigrationState> {
  const derivation = createDerivation({ timeZone: createTimeZone(settings.timezone), projects: projectsOf(settings) });
  if (isPostgres(settings)) {
    const { address, ...state } = await postgresState(settings.database, derivation);
    return { path: address, ...state };
  }
  const path = databasePath(settings);
  return { path, ...schemaState(existsSync(path) ? path : undefined, derivation) };
}

/** Brings the database up to date, as every start of the server does. @param tell hears of long work */
export async function migrateDatabase(settings: Settings, tell: (text: string) => void): Promise<void> {
  const logger = {
    info: (facts: object, message: string) => tell(`${message} ${JSON.stringify(facts)}`),
  };
  const store = await openStore(settings, { logger, lockWaitMs: 60_000 });
  await store.close();
}
