import { existsSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import type { Derivation, ImportOptions, Store } from '../../core/call-store.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { NewToken } from '../../core/token.ts';
import { isEmpty } from './bulk-load.ts';
import { areAllCounted, mendCounts } from './call-counts.ts';
import { isOwnChannel, readGaps, readPlace, readUnlisted } from './capture-records.ts';
import { createChangeSignal } from './change-signal.ts';
import { checkDatabase, checkFile } from './check-database.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { createDatabase } from './create-database.ts';
import { createDerivedGuard, isDerivedBy, remakeDerived } from './derived.ts';
import { readDoNotCall } from './do-not-call.ts';
import type { CommittedGroup } from './group-commit.ts';
import { beginImport } from './import-calls.ts';
import { lastSequence, readChanges, readHistory } from './journal.ts';
import { migrate, requireNewestSchema } from './migrate.ts';
import { createListReader, createPlainReader, type PageReaderOptions } from './page-reader.ts';
import { createReaderThread } from './reader-thread.ts';
import { readStats } from './stats.ts';
import type { StoreLogger } from './store-logger.ts';
import { createStoreWriter, type StoreWriter } from './store-writer.ts';
import { streamCalls } from './stream-calls.ts';
import { findToken, insertFirstToken, insertToken, listTokens, revokeToken } from './tokens.ts';
import { openWriterConnection } from './writer-connection.ts';
import { startWriterThread } from './writer-thread.ts';

const LOCK_WAIT_MS = 5_000;

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
  /** How long a write waits for another process that writes; default: 5 seconds. */
  lockWaitMs?: number;
  /**
   * Starts a thread that runs serve-writer.ts. What takes long to read gets a thread of its own then as well, as this
   * one serves. Without it everything is done in this thread.
   */
  spawnWriter?: (options: { path: string; lockWaitMs: number }) => Worker;
  /** Called after each commit of commands. */
  onCommit?: (group: CommittedGroup) => void;
  /** Whether filters that are asked again are answered from lists that are kept; default: they are. */
  readLists?: boolean;
  /** How much the lists may take, and what comes of checking them. */
  lists?: Pick<PageReaderOptions, 'bounds' | 'everyMs' | 'onChecked'>;
}

/**
 * Opens the database, brings its schema and what is derived in it up to date, and answers from then on.
 * @throws StoreUnusableError with what to do, when somebody must act first
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, readOnly = false } = options;
  if (!readOnly && !existsSync(path)) await createDatabase(path);
  checkFile(path);
  const connection = new Connection(path, { readOnly });
  try {
    checkDatabase(connection);
    await bringUpToDate(connection, options);
  } catch (error) {
    connection.close();
    throw error;
  }
  return createStore(connection, options).catch((error: unknown) => {
    connection.close();
    throw error;
  });
}

async function bringUpToDate(connection: Connection, options: SqliteStoreOptions): Promise<void> {
  const { derivation, logger, readOnly = false, lockWaitMs = LOCK_WAIT_MS } = options;
  const { whenDerivedDiffers = readOnly ? 'refuse' : 'remake' } = options;
  if (readOnly) {
    requireNewestSchema(connection);
  } else {
    connection.exec('PRAGMA journal_mode = WAL');
    await migrate(connection, { lockWaitMs });
    if (!areAllCounted(connection) && (await connection.write(() => mendCounts(connection), lockWaitMs))) {
      logger?.info({}, 'Calls were counted anew, as an older version had changed some');
    }
  }
  if (whenDerivedDiffers === 'ignore' || isDerivedBy(connection, derivation)) return;
  // Where there are no calls nothing is derived.
  const isHarmless = !readOnly && isEmpty(connection);
  if (whenDerivedDiffers === 'remake' || isHarmless) {
    await remakeDerived(connection, derivation, lockWaitMs, logger);
  } else if (!isEmpty(connection)) {
    throw new StoreUnusableError(
      `${connection.path} was written with other settings (time zone, countries) or by another version: use the ` +
        'settings of the server here, or run callqueue migrate to make its rows anew with these',
    );
  }
}

async function createStore(connection: Connection, options: SqliteStoreOptions): Promise<Store> {
  const { path, derivation, lockWaitMs = LOCK_WAIT_MS } = options;
  const guard = createDerivedGuard(connection, derivation);
  const signal = createChangeSignal(connection);
  const reader = options.spawnWriter && createReaderThread(path);
  /** Of imports and streams that have not come to an end. */
  const others = new Set<Connection>();
  const connect = (connectionOptions: ConnectionOptions): Connection => {
    if (!connection.isOpen) throw new StoreUnavailableError(`The database is closed (${path})`);
    const other = new Connection(path, connectionOptions);
    for (const one of others) if (!one.isOpen) others.delete(one);
    others.add(other);
    return other;
  };
  const writer = await openWriter(connection, options, (group) => {
    signal.look();
    options.onCommit?.(group);
  });

  return {
    ...createPageReader(connection, { guard, reader }, options),
    streamCalls: (filter: CallFilter, moment: Moment) =>
      reader?.streamCalls(filter, moment) ?? streamCalls(() => connect({ readOnly: true }), filter, moment),
    // Not mapped, and a small cache: it writes far more than it reads. Each megabyte of cache costs several when indexes
    // are made at the end (a million calls: 205 MB in all with 8, 261 with 16, 296 with 32), and saves no time.
    beginImport: async (importOptions: ImportOptions = {}) =>
      beginImport(
        { connection: connect({ isMapped: false, cacheMegabytes: 8 }), derivation, lockWaitMs, onCommit: signal.look },
        importOptions,
      ),
    addToken: (token: NewToken) => connection.write(() => insertToken(connection, token), lockWaitMs),
    addFirstToken: (make) => connection.write(() => insertFirstToken(connection, make), lockWaitMs),
    findToken: async (hash) => findToken(connection, hash),
    listTokens: async () => listTokens(connection),
    revokeToken: (id, now) => connection.write(() => revokeToken(connection, id, now), lockWaitMs),
    execute: async (command, context) => writer().execute(command, context),
    tidy: async (limits) => writer().tidy(limits),
    checkWritable: async () => writer().checkWritable(),
    history: async (callId, projectIds) => readHistory(connection, callId, projectIds),
    changes: async (question) => readChanges(connection, question),
    lastSequence: async () => lastSequence(connection),
    onChange: signal.onChange,
    captureGaps: async (question) => readGaps(connection, question),
    unlistedMisses: async (question) => readUnlisted(connection, question),
    keptPlace: async (pbx, reader) => readPlace(connection, pbx, reader),
    isOwnChannel: async (channelId) => isOwnChannel(connection, channelId),
    doNotCall: async (question) => readDoNotCall(connection, question),
    stats: async (filter, moment) => reader?.stats(filter, moment) ?? readStats(connection, filter, moment),
    async close() {
      signal.stop();
      await reader?.close();
      await writer.close();
      for (const other of others) other.close();
      connection.close();
    },
  };
}

/** Where derived rows may be those of other settings, nothing that was made from them is kept. */
function createPageReader(
  connection: Connection,
  parts: Pick<PageReaderOptions, 'guard' | 'reader'>,
  { readLists = true, lists, logger, whenDerivedDiffers }: SqliteStoreOptions,
) {
  return readLists && whenDerivedDiffers !== 'ignore'
    ? createListReader({ ...parts, ...lists, connection, logger })
    : createPlainReader({ ...parts, connection });
}

/**
 * The writer in a thread of its own from the start, or in this one as soon as it is needed: then whoever only reads
 * opens no second connection.
 */
async function openWriter(
  connection: Connection,
  { path, derivation, lockWaitMs = LOCK_WAIT_MS, readOnly = false, spawnWriter }: SqliteStoreOptions,
  onCommit: (group: CommittedGroup) => void,
): Promise<{ (): StoreWriter; close(): Promise<void> }> {
  let writer: StoreWriter | undefined;
  if (spawnWriter !== undefined && !readOnly) {
    const worker = spawnWriter({ path, lockWaitMs });
    writer = await startWriterThread({ worker, path, onCommit, onFatal: endProcess });
  }
  const get = () => {
    if (readOnly)
      throw new StoreUnavailableError(`The database may not be written to: it was opened for reading only (${path})`);
    if (!connection.isOpen) throw new StoreUnavailableError(`The database is closed (${path})`);
    writer ??= createStoreWriter({
      connection: openWriterConnection(path),
      derivation,
      lockWaitMs,
      onCommit,
      onFatal: endProcess,
    });
    return writer;
  };
  return Object.assign(get, { close: async () => writer?.close() });
}

/** Nobody can catch this: the process ends with the error in its log. */
function endProcess(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
