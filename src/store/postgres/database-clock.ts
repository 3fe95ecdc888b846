import type { Clock } from '../../core/clock.ts';
import type { Database } from './database.ts';

/** How often it is compared with PostgreSQL's. */
const COMPARE_MS = 30_000;
/** How often at first: the quickest answer tells best. */
const FIRST_TRIES = 3;
/** The clock of this machine was set, or the machine slept, when it moved by more than this against its running time. */
const JUMP_MS = 1_000;

/**
 * The time as PostgreSQL tells it, so that a lease lasts as long on every instance, whatever the clocks of their machines
 * say. Between two comparisons it goes on by the running time of this process, which nobody sets.
 */
export class DatabaseClock implements Clock {
  readonly #database: Database;
  /** PostgreSQL's time at the beginning of this process's running time. */
  #origin = Date.now() - performance.now();
  /** The same of this machine's time, when they were compared last. */
  #ownOrigin = this.#origin;
  #timer: NodeJS.Timeout | undefined;
  #comparing: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws StoreUnavailableError */
  async start(): Promise<void> {
    for (let left = FIRST_TRIES, quickest = Number.POSITIVE_INFINITY; left > 0; left -= 1) {
      const { origin, tookMs } = await this.#ask();
      if (tookMs >= quickest) continue;
      quickest = tookMs;
      this.#set(origin);
    }
    this.#timer = setInterval(() => this.#compare(), COMPARE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  now(): number {
    if (Math.abs(Date.now() - performance.now() - this.#ownOrigin) > JUMP_MS) this.#compare();
    return Math.floor((this.#origin + performance.now()) / 1000);
  }

  /** How far PostgreSQL is ahead of this machine, in milliseconds. */
  get aheadMs(): number {
    return this.#origin - this.#ownOrigin;
  }

  /** While PostgreSQL cannot be asked, the time goes on as it was. */
  #compare(): void {
    this.#comparing ??= this.#ask()
      .then(({ origin }) => this.#set(origin))
      .catch(() => undefined)
      .finally(() => {
        this.#comparing = undefined;
      });
  }

  async #ask(): Promise<{ origin: number; tookMs: number }> {
    return this.#database.ask(async (session) => {
      const asked = performance.now();
      const seconds = (await session.value('SELECT extract(epoch FROM clock_timestamp())::float8')) as number;
      const answered = performance.now();
      return { origin: seconds * 1000 - (asked + answered) / 2, tookMs: answered - asked };
    });
  }

  #set(origin: number): void {
    this.#origin = origin;
    this.#ownOrigin = Date.now() - performance.now();
  }
}
