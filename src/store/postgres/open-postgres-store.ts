import { setTimeout as pause } from 'node:timers/promises';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import type { Derivation, ImportOptions, Store } from '../../core/call-store.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { NewToken } from '../../core/token.ts';
import { isOwnChannel, readGaps, readPlace, readUnlisted } from './capture-records.ts';
import { createChangeSignal } from './change-signal.ts';
import { checkDatabase } from './check-database.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { DatabaseClock } from './database-clock.ts';
import { remakeDerived } from './derived.ts';
import { DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { readDoNotCall } from './do-not-call.ts';
import type { CommittedGroup } from './group-commit.ts';
import { beginImport } from './import-calls.ts';
import { databaseBytes } from './inspect-database.ts';
import { lastSequence, readChanges, readHistory } from './journal.ts';
import { migrate, requireNewestSchema } from './migrate.ts';
import { createListReader, createPlainReader, type PageReaderOptions } from './page-reader.ts';
import { readStats } from './stats.ts';
import type { StoreLogger } from './store-logger.ts';
import { createStoreWriter } from './store-writer.ts';
import { streamCalls } from './stream-calls.ts';
import { findToken, insertFirstToken, insertToken, listTokens, revokeToken } from './tokens.ts';

const LOCK_WAIT_MS = 5_000;

export interface PostgresStoreOptions extends Pick<DatabaseOptions, 'mostSessions'> {
  /** `postgres://user:password@host:port/database`; the database must be there, its tables are made. */
  url: string;
  derivation: Derivation;
  logger?: StoreLogger;
  /** Nothing is written, so the tables must be there and up to date. */
  readOnly?: boolean;
  /**
   * What to do when rows were derived by another version of `derivation` (another release, time zone or country):
   * make them anew (the server), refuse (who adds calls beside a server, where one of the two has the wrong settings),
   * or nothing (who needs no derived rows: tokens, `readCalls` without filters on numbers).
   */
  whenDerivedDiffers?: 'remake' | 'refuse' | 'ignore';
  /** How long a write waits for others who write; default: 5 seconds. */
  lockWaitMs?: number;
  /** Take a PostgreSQL as it is that forgets what it has acknowledged when the power fails: for tests. */
  isUnsafeAllowed?: boolean;
  /** PostgreSQL is waited for as long as it cannot be reached, until this aborts; default: it is not waited for. */
  untilReachable?: AbortSignal;
  /** Called after each commit of commands. */
  onCommit?: (group: CommittedGroup) => void;
  /** Whether filters that are asked again are answered from lists that are kept; default: they are. */
  readLists?: boolean;
  /** How much the lists may take, and what comes of checking them. */
  lists?: Pick<PageReaderOptions, 'bounds' | 'everyMs' | 'onChecked'>;
}

/**
 * Connects to the database, brings its schema and what is derived in it up to date, and answers from then on. Any number of
 * instances may do so at once.
 * @throws StoreUnusableError with what to do, when somebody must act first
 * @throws StoreUnavailableError when it cannot be reached
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, readOnly = false, logger, isUnsafeAllowed = false, mostSessions, lockWaitMs = LOCK_WAIT_MS } = options;
  const database = new Database({
    url,
    readOnly,
    lockTimeoutMs: lockWaitMs,
    ...(mostSessions !== undefined && { mostSessions }),
  });
  const guard = new DerivedGuard(options.derivation, database.address);
  const clock = new DatabaseClock(database);
  try {
    await reach(() => checkDatabase(database, { logger, isUnsafeAllowed }), options);
    await bringUpToDate(database, guard, options);
    await clock.start();
  } catch (error) {
    clock.stop();
    await database.close();
    throw error;
  }
  return createStore({ database, guard, clock }, options);
}

const RETRY_MS = 1_000;

/** A machine that starts may have the server running before PostgreSQL. */
async function reach(attempt: () => Promise<void>, { untilReachable, logger }: PostgresStoreOptions): Promise<void> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || untilReachable === undefined || untilReachable.aborted)
        throw error;
      if (!isTold) logger?.warn?.({ reason: error.message }, 'The database cannot be used yet; it is tried again');
      await pause(RETRY_MS, undefined, { signal: untilReachable }).catch(() => undefined);
    }
  }
}

async function bringUpToDate(
  database: Database,
  guard: DerivedGuard,
  { derivation, logger, readOnly = false, whenDerivedDiffers = readOnly ? 'refuse' : 'remake' }: PostgresStoreOptions,
): Promise<void> {
  if (readOnly) await requireNewestSchema(database);
  else await migrate(database);
  if (whenDerivedDiffers === 'ignore' || guard.isMet(await database.value(SELECT_DERIVED))) return;
  const isEmpty = (await database.get('SELECT 1 FROM calls LIMIT 1')) === undefined;
  // Where there are no calls nothing is derived.
  if (whenDerivedDiffers === 'remake' || (isEmpty && !readOnly)) {
    await remakeDerived(database, derivation, logger);
  } else if (!isEmpty) {
    throw new StoreUnusableError(
      `${database.address} was written with other settings (time zone, countries) or by another version: use the ` +
        'settings of the server here, or run callqueue migrate to make its rows anew with these',
    );
  }
}

/** Where derived rows may be those of other settings, nothing that was made from them is kept. */
function createPageReader(
  parts: Pick<PageReaderOptions, 'database' | 'guard'>,
  { readLists = true, lists, logger, whenDerivedDiffers }: PostgresStoreOptions,
) {
  return readLists && whenDerivedDiffers !== 'ignore'
    ? createListReader({ ...parts, ...lists, logger })
    : createPlainReader(parts);
}

function createStore(
  { database, guard, clock }: { database: Database; guard: DerivedGuard; clock: DatabaseClock },
  options: PostgresStoreOptions,
): Store {
  const { derivation, lockWaitMs = LOCK_WAIT_MS, onCommit } = options;
  const signal = createChangeSignal(database);
  const writer = createStoreWriter({
    database,
    derivation,
    guard,
    onCommit: (group) => onCommit?.(group),
    onStored: (sequence) => {
      if (sequence !== undefined) signal.committed(sequence);
    },
  });
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    clock.stop();
    await signal.stop();
    await writer.close();
    await database.close();
  }

  return {
    ...createPageReader({ database, guard }, options),
    streamCalls: (filter: CallFilter, moment: Moment) => streamCalls(database, filter, moment),
    beginImport: (options: ImportOptions = {}) =>
      beginImport({ database, derivation, guard, lockWaitMs, onCommit: signal.committed }, options),
    addToken: (token: NewToken) => database.write((session) => insertToken(session, token)),
    addFirstToken: (make) => database.write((session) => insertFirstToken(session, make)),
    findToken: (hash) => findToken(database, hash),
    listTokens: () => listTokens(database),
    revokeToken: (id, now) => database.write((session) => revokeToken(session, id, now)),
    execute: (command, context) => writer.execute(command, context),
    tidy: (limits) => writer.tidy(limits),
    checkWritable: () => writer.checkWritable(),
    history: (callId, projectIds) => readHistory(database, callId, projectIds),
    changes: (question) => readChanges(database, question),
    lastSequence: () => lastSequence(database),
    onChange: signal.onChange,
    captureGaps: (question) => readGaps(database, question),
    unlistedMisses: (question) => readUnlisted(database, question),
    keptPlace: (pbx, reader) => readPlace(database, pbx, reader),
    isOwnChannel: (channelId) => isOwnChannel(database, channelId),
    doNotCall: (question) => readDoNotCall(database, question),
    stats: (filter, moment) => readStats(database, filter, moment),
    clock,
    bytes: () => databaseBytes(database),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
