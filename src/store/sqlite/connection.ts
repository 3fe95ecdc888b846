import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { SqlValue } from './row-columns.ts';
import { isLocked, translateError } from './translate-error.ts';

export type Row = readonly SqlValue[];

export interface ConnectionOptions {
  readOnly?: boolean;
  /** How much of the database this connection keeps in memory of its own. */
  cacheMegabytes?: number;
  /**
   * Reads the file by mapping it into memory, which makes scans five times as fast. The pages count as memory of the
   * process though the system may take them back at any moment, and a disk that fails ends the process.
   */
  isMapped?: boolean;
  /** From the first statement on nobody else may have the database open; for one that can be written to. */
  isAlone?: boolean;
}

/**
 * A statement that finds the database locked blocks its thread, so it waits no longer than this. Reading seldom does
 * (while another process recovers or closes the database); for writing see `beginWrite`.
 */
const LOCK_WAIT_MS = 100;
const LOCK_RETRY_MS = 20;
/** Filters make many statements; those prepared last are kept. Keeping those used last cost 0.7 us at every use. */
const PREPARED_STATEMENTS = 256;
/** The most that SQLite maps. */
const MAPPED_BYTES = 2_147_418_112;

/** One connection to the database: statements by their text, transactions, errors of the store's own family. */
export class Connection {
  readonly path: string;
  #database: DatabaseSync;
  #prepared = new Map<string, StatementSync>();

  constructor(path: string, options: ConnectionOptions = {}) {
    const { readOnly = false, cacheMegabytes = 32, isMapped = true, isAlone = false } = options;
    this.path = path;
    this.#database = guarded(path, () => new DatabaseSync(path, { readOnly, timeout: LOCK_WAIT_MS }));
    try {
      // Before anything is read: only then is the lock on the file one that nobody shares.
      if (isAlone) this.exec('PRAGMA locking_mode = EXCLUSIVE');
      // FULL: what was acknowledged survives a power loss; NORMAL would forget the last commits.
      this.exec(`PRAGMA synchronous = FULL;
        PRAGMA foreign_keys = ON;
        PRAGMA cache_size = -${cacheMegabytes * 1024};
        PRAGMA mmap_size = ${isMapped ? MAPPED_BYTES : 0}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  /** Runs one or more statements that answer nothing. */
  exec(sql: string): void {
    guarded(this.path, () => this.#database.exec(sql));
  }

  run(sql: string, values: readonly SqlValue[] = []): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = guarded(this.path, () => this.#prepare(sql).run(...values));
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  all(sql: string, values: readonly SqlValue[] = []): Row[] {
    return guarded(this.path, () => this.#prepare(sql).all(...values)) as unknown as Row[];
  }

  /** Row by row: the statement runs until the last one was taken, and may not be used for anything else meanwhile. */
  *rows(sql: string, values: readonly SqlValue[] = []): Generator<Row> {
    const rows = guarded(this.path, () => this.#prepare(sql).iterate(...values));
    while (true) {
      const { done, value } = guarded(this.path, () => rows.next());
      if (done) return;
      yield value as unknown as Row;
    }
  }

  get(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    return guarded(this.path, () => this.#prepare(sql).get(...values)) as unknown as Row | undefined;
  }

  /** The one value of a row that is sure to come. */
  value(sql: string, values: readonly SqlValue[] = []): SqlValue {
    return this.get(sql, values)?.[0] ?? null;
  }

  /** Runs `work`, which may not wait for anything, in a read transaction: all its statements see one moment. */
  read<T>(work: () => T): T {
    this.run('BEGIN');
    try {
      return work();
    } finally {
      this.#end('COMMIT');
    }
  }

  /**
   * Runs `work`, which may not wait for anything, in a write transaction. While another process writes, it waits
   * without blocking the thread.
   * @throws StoreUnavailableError when the others write for longer than `waitMs`
   */
  async write<T>(work: () => T, waitMs: number): Promise<T> {
    await this.beginWrite(waitMs);
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.#end('ROLLBACK');
      throw error;
    }
  }

  /**
   * Begins a write transaction that the caller ends.
   * @param onLocked called when it has to wait
   * @throws StoreUnavailableError as `write`
   */
  async beginWrite(waitMs: number, onLocked?: () => void): Promise<void> {
    const deadline = performance.now() + waitMs;
    while (true) {
      try {
        this.run('PRAGMA busy_timeout = 0');
        this.run('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isLocked(error) || performance.now() >= deadline) throw error;
        onLocked?.();
      } finally {
        if (this.isOpen) this.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      }
      await pause(LOCK_RETRY_MS);
    }
  }

  /** Hands the database to SQLite's online backup, which copies one moment: the read transaction keeps it. */
  async backUp(copy: (database: DatabaseSync) => Promise<unknown>): Promise<void> {
    this.run('BEGIN');
    this.get('SELECT 1 FROM sqlite_schema');
    try {
      await copy(this.#database);
    } finally {
      this.#end('COMMIT');
    }
  }

  rollback(): void {
    this.#end('ROLLBACK');
  }

  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  /** SQLite ends a transaction by itself on some errors (disk full): then there is nothing to end. */
  #end(sql: 'COMMIT' | 'ROLLBACK'): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.run(sql);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      const [oldest] = this.#prepared.keys();
      if (this.#prepared.size >= PREPARED_STATEMENTS && oldest !== undefined) this.#prepared.delete(oldest);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translateError(error, path);
  }
}
