import { join } from 'node:path';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../support/derivation.ts';
import { preparePostgres } from '../support/postgres-store.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { OpenStore } from './call-store-contract.ts';

/** A kind of database that tests run on. STORE=sqlite or STORE=postgres narrows a run to one. */
export interface Backend {
  name: 'SQLite' | 'PostgreSQL';
  isChosen: boolean;
  /** Called at the beginning of each test. */
  prepare(): OpenStore;
}

const chosen = process.env.STORE;

export function prepareSqlite(options: Partial<SqliteStoreOptions> = {}): OpenStore {
  const folder = tempFolder();
  return (name, derivation = plainDerivation) =>
    openSqliteStore({ path: join(folder, `${name}.db`), derivation, ...options });
}

export const SQLITE: Backend = {
  name: 'SQLite',
  isChosen: chosen !== 'postgres',
  prepare: () => prepareSqlite(),
};

export const POSTGRES: Backend = {
  name: 'PostgreSQL',
  isChosen: chosen !== 'sqlite',
  prepare: () => preparePostgres(),
};

export const BACKENDS: readonly Backend[] = [SQLITE, POSTGRES];
