import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CallFilter, CallQuery, Moment } from '../../core/call-filter.ts';
import type { Derivation, Store } from '../../core/call-store.ts';
import { StoreUnusableError } from '../../core/errors.ts';
import type { NewToken } from '../../core/token.ts';
import { Connection } from './connection.ts';
import { isDerivedBy, remakeDerived } from './derived.ts';
import { beginImport } from './import-calls.ts';
import { migrate } from './migrate.ts';
import { readCalls, readRendered } from './read-calls.ts';
import type { StoreLogger } from './store-logger.ts';
import { streamCalls } from './stream-calls.ts';
import { findToken, insertToken, listTokens, revokeToken } from './tokens.ts';

export interface SqliteStoreOptions {
  /** The database file; it and its folder are made when they are not there. */
  path: string;
  derivation: Derivation;
  logger?: StoreLogger;
  /** Nothing is written, so the file must be there and up to date. */
  readOnly?: boolean;
  /**
   * What to do when rows were derived by another version of `derivation` (another release, time zone or country):
   * make them anew (the server), refuse (who adds calls beside a server, where one of the two has the wrong settings),
   * or nothing (who needs no derived rows: tokens, `readCalls` without filters on numbers).
   */
  whenDerivedDiffers?: 'remake' | 'refuse' | 'ignore';
  /** How long a write waits for another process that writes. */
  lockWaitMs?: number;
}

/**
 * Opens the database, brings its schema and what is derived in it up to date, and answers from then on.
 * @throws StoreUnusableError with what to do, when somebody must act first
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, derivation, logger, readOnly = false, lockWaitMs = 5_000 } = options;
  const { whenDerivedDiffers = readOnly ? 'refuse' : 'remake' } = options;
  if (!readOnly && !existsSync(path)) mkdirSync(dirname(path), { recursive: true });
  const connection = new Connection(path, { readOnly });
  try {
    if (!readOnly) {
      connection.exec('PRAGMA journal_mode = WAL');
      await migrate(connection, { lockWaitMs });
    }
    if (whenDerivedDiffers === 'remake') await remakeDerived(connection, derivation, lockWaitMs, logger);
    if (whenDerivedDiffers === 'refuse' && !isDerivedBy(connection, derivation)) {
      throw new StoreUnusableError(
        `${path} was written with other settings (time zone, countries) or another version; callqueue migrate brings it up to date`,
      );
    }
  } catch (error) {
    connection.close();
    throw error;
  }

  return {
    readRendered: async (query: CallQuery) => readRendered(connection, query),
    readCalls: async (query: CallQuery) => readCalls(connection, query),
    streamCalls: (filter: CallFilter, moment: Moment) => streamCalls(path, filter, moment),
    beginImport: () => beginImport({ path, derivation, lockWaitMs }),
    addToken: (token: NewToken) => connection.write(() => insertToken(connection, token), lockWaitMs),
    findToken: async (hash) => findToken(connection, hash),
    listTokens: async () => listTokens(connection),
    revokeToken: (id, now) => connection.write(() => revokeToken(connection, id, now), lockWaitMs),
    checkWritable: () => connection.write(() => {}, lockWaitMs),
    close: async () => connection.close(),
  };
}
