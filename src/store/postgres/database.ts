import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { SqlValue } from './row-columns.ts';
import { closedError, type Row, Session, type SessionOptions } from './session.ts';
import { begin, commit, undoneUnless } from './transaction.ts';
import { isFull, isLoss } from './translate-error.ts';

export interface DatabaseOptions {
  url: string;
  readOnly?: boolean;
  /** Connections at the same time, besides the one that listens; default: 10. */
  mostSessions?: number;
  /** PostgreSQL ends a statement that takes longer; default: 30 s. */
  statementTimeoutMs?: number;
  /** How long something waits for others who write; default: 5 s. */
  lockTimeoutMs?: number;
  /** How long a question waits for a connection; default: 5 s. */
  sessionWaitMs?: number;
}

/** How long nobody asks for another connection, after PostgreSQL had none to give. */
const FULL_MS = 1_000;

interface Waiting {
  resolve(session: Session): void;
  reject(reason: unknown): void;
}

/** The connections of this process, and what is done over them. One that is lost is followed by a new one. */
export class Database {
  /** Without a password, for messages. */
  readonly address: string;
  readonly #options: Required<DatabaseOptions>;
  readonly #sessions = new Set<Session>();
  readonly #idle: Session[] = [];
  readonly #waiting: Waiting[] = [];
  #opening = 0;
  /** PostgreSQL has no connection to give until then, as far as is known. */
  #fullUntil = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #losses = 0;
  /** It has been connected to. */
  #isKnown = false;

  constructor(options: DatabaseOptions) {
    this.address = addressOf(options.url);
    this.#options = {
      readOnly: false,
      mostSessions: 10,
      statementTimeoutMs: 30_000,
      lockTimeoutMs: 5_000,
      sessionWaitMs: 5_000,
      ...options,
    };
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** How many connections have ended. As long as it is the same, PostgreSQL has not been started anew. */
  get losses(): number {
    return this.#losses;
  }

  get isReadOnly(): boolean {
    return this.#options.readOnly;
  }

  /** One statement that changes nothing, and so is asked again when the connection was lost meanwhile. */
  async all(sql: string, values: readonly SqlValue[] = []): Promise<Row[]> {
    return this.ask((session) => session.all(sql, values));
  }

  async get(sql: string, values: readonly SqlValue[] = []): Promise<Row | undefined> {
    return (await this.all(sql, values))[0];
  }

  async value(sql: string, values: readonly SqlValue[] = []): Promise<SqlValue> {
    return (await this.all(sql, values))[0]?.[0] ?? null;
  }

  /** As `all`, for what is asked in another way. */
  async ask<T>(question: (session: Session) => Promise<T>): Promise<T> {
    // After a restart of PostgreSQL each connection may turn out to be gone, one after the other.
    for (let known = this.#sessions.size; ; known -= 1) {
      const session = await this.acquire();
      try {
        return await question(session);
      } catch (error) {
        if (!isLoss(error) || known <= 0 || this.#isClosed) throw error;
        // The failure may be heard of before the end of the connection.
        void session.close();
      } finally {
        this.release(session);
      }
    }
  }

  /** All statements of `work` see one moment. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.ask(async (session) => {
      await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const result = await undoneUnless(session, work);
      await session.run('COMMIT');
      return result;
    });
  }

  /**
   * A transaction that is undone when `work` throws.
   * @throws StoreUnavailableError, whose `isOutcomeUnknown` says that it may have been committed
   */
  write<T>(work: (session: Session) => Promise<T>, { lockWaitMs }: { lockWaitMs?: number } = {}): Promise<T> {
    this.requireWritable();
    return this.#withSession(async (session) => {
      await session.run(begin(lockWaitMs));
      const result = await undoneUnless(session, work);
      await commit(session);
      return result;
    });
  }

  /** @throws StoreUnavailableError */
  requireWritable(): void {
    if (!this.#options.readOnly) return;
    throw new StoreUnavailableError(
      `The database may not be written to: it was opened for reading only (${this.address})`,
    );
  }

  /** A connection for the caller alone, who gives it back with `release`. */
  async acquire(): Promise<Session> {
    if (this.#isClosed) throw closedError(this.address);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#hasRoom) {
      try {
        return await this.#open();
      } catch (error) {
        // Where others have taken what PostgreSQL gives, what there is must do.
        if (!isFull(error) || this.#sessions.size + this.#opening === 0) throw error;
      }
    }
    return this.#idle.pop() ?? this.#nextFree();
  }

  #nextFree(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        resolve(session) {
          clearTimeout(timer);
          resolve(session);
        },
        reject(reason) {
          clearTimeout(timer);
          reject(reason);
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new StoreUnavailableError(`Busy: all connections to the database are in use (${this.address})`));
      }, this.#options.sessionWaitMs);
      this.#waiting.push(waiting);
    });
  }

  release(session: Session): void {
    if (session.isLost) return;
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(session);
    else this.#idle.push(session);
  }

  /** A connection besides all others, which hears what is said on channels. */
  async listen(
    onNotice: (channel: string, payload: string) => void,
    onLost: (session: Session) => void,
  ): Promise<Session> {
    if (this.#isClosed) throw closedError(this.address);
    return this.#connect({ onLost, onNotice });
  }

  /** Whatever is under way fails. Resolves when all connections have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closedError(this.address));
    await Promise.all([...this.#sessions].map((session) => session.close()));
  }

  async #withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.acquire();
    try {
      return await work(session);
    } finally {
      this.release(session);
    }
  }

  /**
   * What refuses us for good at the start is waited for later on (a password that was changed, TLS that was turned off by a
   * restart): it has worked once, and whoever keeps something to be stored must not give that up.
   */
  async #connect(ears: Pick<SessionOptions, 'onLost' | 'onNotice'>): Promise<Session> {
    try {
      const session = await Session.open({ ...this.#options, address: this.address, ...ears });
      this.#isKnown = true;
      return session;
    } catch (error) {
      if (!this.#isKnown || !(error instanceof StoreUnusableError)) throw error;
      throw new StoreUnavailableError(error.message, { cause: error.cause });
    }
  }

  async #open(): Promise<Session> {
    this.#opening += 1;
    try {
      const session = await this.#connect({ onLost: (lost) => this.#forget(lost) });
      if (this.#isClosed) {
        void session.close();
        throw closedError(this.address);
      }
      this.#sessions.add(session);
      return session;
    } catch (error) {
      if (isFull(error)) this.#fullUntil = performance.now() + FULL_MS;
      // Whoever waits would wait in vain: nobody has a connection to give back, nor is another being made.
      if (this.#sessions.size === 0 && this.#opening === 1)
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      throw error;
    } finally {
      this.#opening -= 1;
    }
  }

  #forget(lost: Session): void {
    this.#losses += 1;
    this.#sessions.delete(lost);
    const place = this.#idle.indexOf(lost);
    if (place >= 0) this.#idle.splice(place, 1);
    if (this.#isClosed || this.#waiting.length === 0 || !this.#hasRoom) return;
    // Until there is a new one, who waits may have given up: it is for whoever waits then, or comes later.
    this.#open().then(
      (session) => this.release(session),
      () => undefined,
    );
  }

  get #hasRoom(): boolean {
    if (this.#sessions.size > 0 && performance.now() < this.#fullUntil) return false;
    return this.#sessions.size + this.#opening < this.#options.mostSessions;
  }
}

function addressOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    // Several hosts are no URL.
    return url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
  }
}
