import { setImmediate as breathe } from 'node:timers/promises';
import { Backlog } from '../../core/backlog.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { noteCounted } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { isDiskFailure, isLocked, isSyncFailure } from './translate-error.ts';

/** A piece of work on the database, done whole or not at all. */
export interface Job<T> {
  /** May be called a second time, after what it did the first time was undone. */
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
  /** When it came, as performance.now() tells. */
  since: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Runs jobs in the order in which they come. Those that wait together share one transaction and so one durable commit,
 * and yet one that fails, fails alone. Answers go out after the commit.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #backlog = new Backlog();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Of those who want to know that another process is writing. */
  #locked: PromiseWithResolvers<void> | undefined;
  #refusal: StoreUnavailableError | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Resolves as soon as a group has to wait because another process is writing. */
  whenLocked(): Promise<void> {
    this.#locked ??= Promise.withResolvers();
    return this.#locked.promise;
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
      this.#waiting.push({ job, since: performance.now(), resolve: resolve as Waiting['resolve'], reject });
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
    const { connection, lockWaitMs, onCommit } = this.#options;
    const begun = performance.now();
    let answers: readonly Answer[];
    let isCommitting = false;
    try {
      await connection.beginWrite(lockWaitMs, () => {
        this.#locked?.resolve();
        this.#locked = undefined;
      });
      answers = this.#runTogether(group) ?? this.#runApart(group);
      isCommitting = true;
      // A job that was alone and is not kept has ended the transaction.
      if (connection.isInTransaction) {
        noteCounted(connection);
        connection.run('COMMIT');
      }
    } catch (error) {
      this.#fail([...group, ...this.#lockedOut(error, begun)], error, isCommitting);
      return;
    }
    for (const answer of answers) answer();
    onCommit({ jobs: group.length, seconds: (performance.now() - begun) / 1000 });
  }

  /**
   * Without savepoints. One savepoint a job made single saves three times as slow: SQLite then copies every page before
   * its first change, and FTS5 writes out what it has gathered.
   * @returns undefined when a job that wrote something has to be undone; the transaction is then as at its beginning
   */
  #runTogether(group: readonly Waiting[]): readonly Answer[] | undefined {
    const { connection, guard } = this.#options;
    guard();
    const answers: Answer[] = [];
    for (const waiting of group) {
      const before = connection.value('SELECT total_changes()');
      const attempt = tryJob(waiting);
      answers.push(attempt.answer);
      if (attempt.isKept || connection.value('SELECT total_changes()') === before) continue;
      connection.rollback();
      if (group.length === 1) return answers;
      connection.run('BEGIN IMMEDIATE');
      return undefined;
    }
    return answers;
  }

  /** Each within a savepoint of its own. */
  #runApart(group: readonly Waiting[]): readonly Answer[] {
    const { connection, guard } = this.#options;
    guard();
    return group.map((waiting) => {
      connection.run('SAVEPOINT job');
      const { isKept, answer } = tryJob(waiting);
      if (!isKept) connection.run('ROLLBACK TO job');
      connection.run('RELEASE job');
      return answer;
    });
  }

  /** Those behind a group that waited for the lock in vain have waited as long, and are not to begin anew. */
  #lockedOut(error: unknown, begun: number): Waiting[] {
    if (!isLocked(error)) return [];
    const later = this.#waiting.findIndex(({ since }) => since > begun);
    return this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
  }

  #fail(group: readonly Waiting[], error: unknown, isCommitting: boolean): void {
    const { connection, onFatal } = this.#options;
    if (isSyncFailure(error) || (isCommitting && isDiskFailure(error))) {
      // What the system has dropped from its cache after a failed write, reads as if it were stored.
      const fatal = new StoreUnavailableError(
        'The disk failed while calls were being made durable; whether they are stored is not known',
        { cause: error, isOutcomeUnknown: true },
      );
      const refusal = new StoreUnavailableError('The disk failed; nothing is stored any more', { cause: error });
      this.#refusal = refusal;
      for (const { reject } of group) reject(fatal);
      for (const { reject } of this.#waiting.splice(0)) reject(refusal);
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

/** Gives the answer, once what it says is durable. */
type Answer = () => void;

/** @throws what concerns the whole group: the disk, or the database */
function tryJob({ job, resolve, reject }: Waiting): { isKept: boolean; answer: Answer } {
  try {
    const result = job.work();
    return { isKept: job.isKept(result), answer: () => resolve(result) };
  } catch (error) {
    if (error instanceof StoreUnavailableError || error instanceof StoreUnusableError) throw error;
    return { isKept: false, answer: () => reject(error) };
  }
}
