import { setImmediate as breathe } from 'node:timers/promises';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { Backlog } from './backlog.ts';
import type { Connection } from './connection.ts';
import { isDiskFailure, isSyncFailure } from './translate-error.ts';

/** A piece of work on the database, done whole or not at all. */
export interface Job<T> {
  work(): T;
  /** Whether what it did is to stay; what throws does not. */
  isKept(result: T): boolean;
  /** How many rows it is about, roughly. */
  weight: number;
}

export interface GroupCommitOptions {
  /** Nobody else uses it. */
  connection: Connection;
  /** How long to wait for another process that writes. */
  lockWaitMs: number;
  /** Called in each transaction before its first job; what it throws fails the group. */
  guard(): void;
  /** Called after each commit. */
  onCommit(group: CommittedGroup): void;
  /** The disk failed while something was made durable: nothing in memory can be trusted any more. */
  onFatal(error: Error): void;
}

/** What one durable commit held. */
export interface CommittedGroup {
  jobs: number;
  /** From the beginning of the transaction to its durable end. */
  seconds: number;
}

/** One transaction holds no more than this, so that nobody waits long for others. */
const GROUP_JOBS = 256;
const GROUP_ROWS = 1_000;

interface Waiting {
  job: Job<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs jobs in the order in which they come. Those that wait together share one transaction and so one durable commit,
 * each within a savepoint of its own: one that fails, fails alone. Answers go out after the commit.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #backlog = new Backlog();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #isLocked = false;
  #refusal: StoreUnavailableError | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Whether another process is writing and the next group waits for it. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** @throws StoreUnavailableError when too much is waiting, or the database cannot be written to */
  async run<T>(job: Job<T>): Promise<T> {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#backlog.hold(job.weight, () => this.#enqueue(job));
  }

  /** Refuses what comes from now on, and resolves when everything that waits is done. */
  async close(): Promise<void> {
    this.#refusal ??= new StoreUnavailableError(`The database is closed (${this.#options.connection.path})`);
    await this.#running;
  }

  #enqueue<T>(job: Job<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ job, resolve: resolve as Waiting['resolve'], reject });
      this.#running ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // What arrives in the same turn of the event loop is to be in the group.
    await breathe();
    while (this.#waiting.length > 0) {
      await this.#commit(this.#nextGroup());
      await breathe();
    }
    this.#running = undefined;
  }

  #nextGroup(): Waiting[] {
    let rows = 0;
    let size = 0;
    for (const { job } of this.#waiting) {
      if (size > 0 && (size >= GROUP_JOBS || rows + job.weight > GROUP_ROWS)) break;
      rows += job.weight;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const { connection, lockWaitMs, guard, onCommit } = this.#options;
    const begun = performance.now();
    const answers: (() => void)[] = [];
    let isCommitting = false;
    try {
      this.#isLocked = true;
      await connection.beginWrite(lockWaitMs);
      this.#isLocked = false;
      guard();
      for (const waiting of group) answers.push(this.#attempt(waiting, group.length === 1));
      isCommitting = true;
      // A job that was alone and is not kept has ended the transaction.
      if (connection.isInTransaction) connection.run('COMMIT');
    } catch (error) {
      this.#isLocked = false;
      this.#fail(group, error, isCommitting);
      return;
    }
    for (const answer of answers) answer();
    onCommit({ jobs: group.length, seconds: (performance.now() - begun) / 1000 });
  }

  /**
   * @param isAlone then the transaction itself is what is undone: a savepoint would copy every page before its first
   * change, which for large jobs costs as much memory as they touch
   * @returns gives the answer, once it is durable
   * @throws what fails the whole group
   */
  #attempt({ job, resolve, reject }: Waiting, isAlone: boolean): () => void {
    const { connection } = this.#options;
    if (!isAlone) connection.run('SAVEPOINT job');
    const undo = () => {
      if (isAlone) connection.rollback();
      else connection.exec('ROLLBACK TO job');
    };
    let answer: () => void;
    try {
      const result = job.work();
      if (!job.isKept(result)) undo();
      answer = () => resolve(result);
    } catch (error) {
      // What the disk or the database as a whole is to blame for, concerns everybody.
      const isOfAll = error instanceof StoreUnavailableError || error instanceof StoreUnusableError;
      if (isOfAll || !connection.isInTransaction) throw error;
      undo();
      answer = () => reject(error);
    }
    if (!isAlone) connection.run('RELEASE job');
    return answer;
  }

  #fail(group: readonly Waiting[], error: unknown, isCommitting: boolean): void {
    const { connection, onFatal } = this.#options;
    if (isSyncFailure(error) || (isCommitting && isDiskFailure(error))) {
      // What the system has dropped from its cache after a failed write, reads as if it were stored.
      const fatal = new StoreUnavailableError(
        'The disk failed while calls were being made durable; whether they are stored is not known',
        { cause: error },
      );
      this.#refusal = fatal;
      for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(fatal);
      onFatal(fatal);
      return;
    }
    try {
      connection.rollback();
    } catch (cause) {
      onFatal(new Error('A transaction that failed could not be undone', { cause }));
    }
    for (const { reject } of group) reject(error);
  }
}
