import postgres from 'postgres';
import { StoreUnavailableError } from '../../core/errors.ts';
import { copyIn, copyOut } from './copy.ts';
import { encryptionOf } from './encryption.ts';
import { type Reach, reachServer } from './reach-server.ts';
import type { SqlValue } from './row-columns.ts';
import { isAftermath, translateError, withoutTls } from './translate-error.ts';

export type Row = readonly SqlValue[];

/** A statement with `?` where values are bound. */
export interface Statement {
  sql: string;
  values?: readonly SqlValue[];
}

export interface SessionOptions {
  url: string;
  /** The same without a password, for messages. */
  address: string;
  readOnly: boolean;
  /** PostgreSQL ends a statement that takes longer. */
  statementTimeoutMs: number;
  /** PostgreSQL ends a statement that waits longer for others. */
  lockTimeoutMs: number;
  onLost(session: Session): void;
  onNotice?: (channel: string, payload: string) => void;
}

const CONNECT_WAIT_MS = 5_000;
const CLOSE_WAIT_MS = 1_000;
/** Beyond the statement's own time: then the way to PostgreSQL is broken, though nobody has said so. */
const SILENCE_MS = 5_000;
/** A process that stops within a transaction holds up the others, who are then more important. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Filters make many statements. PostgreSQL keeps those that are prepared as long as the connection lives. */
const PREPARED_STATEMENTS = 500;

/**
 * One connection, from its beginning to its end: nothing is ever sent over another one in its place, as that would be
 * outside of the transaction. The driver connects anew by itself, hence a client of its own with one connection, which is
 * reserved at once and never given back.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #client: postgres.Sql;
  readonly #reach: Reach = reachServer();
  #connection: postgres.ReservedSql | undefined;
  #loss: Error | undefined;
  readonly #asked = new Set<(reason: unknown) => void>();
  readonly #prepared = new Set<string>();
  /** Resolves when the socket is closed. */
  readonly #gone = Promise.withResolvers<void>();
  #silenceMs: number;

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.#silenceMs = options.statementTimeoutMs + SILENCE_MS;
    const { onNotice } = options;
    const { url, ssl } = encryptionOf(options.url, () => this.#reach.host);
    this.#client = postgres(url, {
      max: 1,
      socket: this.#reach.socket,
      max_lifetime: null,
      fetch_types: false,
      types: {
        bigint: { to: 20, from: [20], parse: Number, serialize: String },
        // Written and read as text: objects would lose the order of their members.
        json: { to: 114, from: [114, 3802], parse: String, serialize: String },
      },
      onnotice: () => undefined,
      onclose: () => {
        this.#lost(new Error('The connection was closed'));
        this.#gone.resolve();
      },
      ...(onNotice && { onnotify: onNotice }),
      connection: { application_name: 'callqueue' },
      ...(ssl && { ssl }),
    } as postgres.Options<Record<string, postgres.PostgresType>>);
  }

  /** @throws StoreUnavailableError, StoreUnusableError */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      patience.reject(Object.assign(new Error('no answer to the attempt to connect'), { code: 'CONNECT_TIMEOUT' }));
    }, CONNECT_WAIT_MS);
    try {
      session.#connection = await Promise.race([session.#connect(), patience.promise]);
    } catch (error) {
      const lack = session.#reach.lackOfTls;
      void session.close();
      throw lack ? withoutTls(lack, options.address, error) : translateError(error, options.address);
    } finally {
      clearTimeout(timer);
    }
    if (session.#loss !== undefined) throw translateError(session.#loss, options.address);
    return session;
  }

  async #connect(): Promise<postgres.ReservedSql> {
    const { readOnly, statementTimeoutMs, lockTimeoutMs } = this.#options;
    // Not said while connecting: poolers refuse that, or leave it out. The driver reserves only what is connected.
    await this.#client.unsafe(`SET statement_timeout = ${statementTimeoutMs}; SET lock_timeout = ${lockTimeoutMs};
      SET idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS};
      SET default_transaction_read_only = ${readOnly ? 'on' : 'default'}`);
    return this.#client.reserve();
  }

  get isLost(): boolean {
    return this.#loss !== undefined;
  }

  /** For work that takes long, such as making an index; ends with the transaction. */
  async allowLongStatements(): Promise<void> {
    this.#silenceMs = 2 ** 31 - 1;
    await this.run('SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0');
  }

  /** The transaction with long statements is over. */
  forbidLongStatements(): void {
    this.#silenceMs = this.#options.statementTimeoutMs + SILENCE_MS;
  }

  /** Runs one or more statements that answer nothing and bind nothing. */
  async run(sql: string): Promise<void> {
    await this.#ask((connection) => connection.unsafe(sql));
  }

  /** Several statements as one message, of which only the first answers, one row. (Of several that do, the driver makes a list.) */
  async ending(sql: string): Promise<Row> {
    const rows = (await this.#ask((connection) => connection.unsafe(sql).values())) as unknown as Row[];
    return rows[0] ?? [];
  }

  all(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#ask((connection) => this.#statement(connection, sql, values).values()) as Promise<Row[]>;
  }

  async get(sql: string, values: readonly SqlValue[] = []): Promise<Row | undefined> {
    return (await this.all(sql, values))[0];
  }

  /** The one value of a row that is sure to come. */
  async value(sql: string, values: readonly SqlValue[] = []): Promise<SqlValue> {
    return (await this.all(sql, values))[0]?.[0] ?? null;
  }

  /** How many rows a statement has changed. */
  async count(sql: string, values: readonly SqlValue[] = []): Promise<number> {
    const result = await this.#ask((connection) => this.#statement(connection, sql, values).values());
    return (result as unknown as { count: number }).count;
  }

  /** Rows as PostgreSQL writes them, without making texts of them. */
  bytes(sql: string, values: readonly SqlValue[] = []): Promise<(Uint8Array | null)[][]> {
    return this.#ask((connection) => this.#statement(connection, sql, values).raw()) as unknown as Promise<
      (Uint8Array | null)[][]
    >;
  }

  /**
   * Sends statements without waiting for the answers in between.
   * @throws what the first one that failed has failed with; when all is sent within a transaction, those behind it
   * came to nothing
   */
  async together(statements: readonly Statement[]): Promise<Row[][]> {
    const asked = statements.map(({ sql, values }) => this.all(sql, values));
    const settled = await Promise.allSettled(asked);
    const failed = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    const first = failed.find(({ reason }) => !isAftermath(reason)) ?? failed[0];
    if (first !== undefined) throw first.reason;
    return settled.map((one) => (one as PromiseFulfilledResult<Row[]>).value);
  }

  /** COPY … FROM STDIN. @param pieces in its text format, cut anywhere */
  copyIn(sql: string, pieces: Iterable<Uint8Array>): Promise<void> {
    return this.#ask((connection) => copyIn(connection, sql, pieces));
  }

  /** COPY … TO STDOUT. @param onPiece hears one row at a time, with its line break */
  copyOut(sql: string, onPiece: (piece: Uint8Array) => void): Promise<void> {
    return this.#ask((connection) => copyOut(connection, sql, onPiece));
  }

  /** Cuts off what is under way; PostgreSQL undoes a transaction whose connection ends. Resolves when it has ended. */
  async close(): Promise<void> {
    const isConnected = this.#connection !== undefined;
    this.#lost(new Error('The connection was given up'));
    await this.#client.end({ timeout: 0 }).catch(() => undefined);
    if (isConnected) {
      // Over a way that is broken nothing is heard of its end.
      const patience = setTimeout(this.#gone.resolve, CLOSE_WAIT_MS);
      await this.#gone.promise;
      clearTimeout(patience);
    }
    this.#reach.destroy();
  }

  #statement(connection: postgres.ReservedSql, sql: string, values: readonly SqlValue[]) {
    const text = numbered(sql);
    const prepare = this.#prepared.has(text) || this.#prepared.size < PREPARED_STATEMENTS;
    if (prepare) this.#prepared.add(text);
    // Never a simple query, which would take several statements.
    return connection.unsafe(text, [...values] as never[], { prepare, simple: false } as postgres.UnsafeQueryOptions);
  }

  /** Whatever the driver does with it then, a question ends when the connection does. */
  #ask<T>(send: (connection: postgres.ReservedSql) => PromiseLike<T>): Promise<T> {
    const { address } = this.#options;
    const connection = this.#connection;
    if (this.#loss !== undefined || connection === undefined) {
      return Promise.reject(translateError(this.#loss ?? new Error('not connected'), address));
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const silence = setTimeout(() => void this.close(), this.#silenceMs);
    const over = () => {
      clearTimeout(silence);
      this.#asked.delete(fail);
    };
    const fail = (reason: unknown) => {
      // The driver may never answer what it was asked over a connection that ended: nothing may wait for that, nor a process.
      over();
      reject(translateError(reason, address));
    };
    this.#asked.add(fail);
    send(connection).then((answer) => {
      over();
      resolve(answer);
    }, fail);
    return promise;
  }

  #lost(reason: Error): void {
    if (this.#loss !== undefined) return;
    this.#loss = Object.assign(reason, { code: 'CONNECTION_CLOSED' });
    // The driver rejects what it has sent with more to say, in this turn of the event loop.
    setImmediate(() => {
      for (const fail of this.#asked) fail(reason);
    });
    this.#options.onLost(this);
  }
}

const numberedTexts = new Map<string, string>();

/** The statement as PostgreSQL wants it: `$1`, `$2` … No text or name in our SQL holds a question mark. */
function numbered(sql: string): string {
  let text = numberedTexts.get(sql);
  if (text === undefined) {
    let count = 0;
    text = sql.replace(/\?/g, () => {
      count += 1;
      return `$${count}`;
    });
    if (numberedTexts.size >= 2 * PREPARED_STATEMENTS) numberedTexts.clear();
    numberedTexts.set(sql, text);
  }
  return text;
}

/** What `bytes` has answered, as text. */
export function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : '';
}

/** A list as one value; to be cast to its type, as in `?::bigint[]`. */
export function arrayOf(list: readonly (string | number)[]): string {
  const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return `{${list.map((one) => (typeof one === 'number' ? one : quoted(one))).join(',')}}`;
}

/** Says that it is a closed store. */
export function closedError(address: string): StoreUnavailableError {
  return new StoreUnavailableError(`The database is closed (${address})`);
}
