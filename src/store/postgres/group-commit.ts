import { setTimeout as pause } from 'node:timers/promises';
import type { Backlog } from '../../core/backlog.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { isConflict, isDuplicate } from './translate-error.ts';

export interface GroupCommitOptions<Job, Result> {
  /** Most jobs of one transaction. */
  mostJobs: number;
  weightOf(job: Job): number;
  /**
   * Carries jobs out in one transaction, durable when it resolves; may be asked for the same jobs again after it failed.
   * @throws what concerns all of them
   */
  commit(jobs: readonly Job[]): Promise<readonly ({ result: Result } | { error: unknown })[]>;
  onCommit(group: CommittedGroup): void;
  backlog: Backlog;
  /** Says that nothing is taken any more. */
  closed(): StoreUnavailableError;
}

/** What one durable commit held. */
export interface CommittedGroup {
  jobs: number;
  /** From the beginning of the transaction to its durable end. */
  seconds: number;
}

/** One transaction holds no more than this, so that nobody waits long for others. */
const GROUP_ROWS = 1_000;
/** How often a transaction is tried that others got in the way of. */
const TRIES = 6;
const MOST_PAUSE_MS = 50;

interface Waiting<Job, Result> {
  job: Job;
  weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Runs jobs in the order in which they come. Those that wait together share one transaction and so one durable commit, and
 * yet one that fails, fails alone. Answers go out after the commit.
 */
export class GroupCommit<Job, Result> {
  readonly #options: GroupCommitOptions<Job, Result>;
  #waiting: Waiting<Job, Result>[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: GroupCommitOptions<Job, Result>) {
    this.#options = options;
  }

  /** @throws StoreUnavailableError when too much is waiting, or the database cannot be written to */
  async run(job: Job): Promise<Result> {
    if (this.#isClosed) throw this.#options.closed();
    const weight = this.#options.weightOf(job);
    return this.#options.backlog.hold(weight, () => this.#enqueue(job, weight));
  }

  /** Refuses what comes from now on, and resolves when everything that waits is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #enqueue(job: Job, weight: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, weight, resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // What arrives in the same turn of the event loop is to be in the group.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#carryOut(this.#nextGroup());
    this.#running = undefined;
  }

  #nextGroup(): Waiting<Job, Result>[] {
    let rows = 0;
    let size = 0;
    for (const { weight } of this.#waiting) {
      if (size > 0 && (size >= this.#options.mostJobs || rows + weight > GROUP_ROWS)) break;
      rows += weight;
      size += 1;
    }
    return this.#waiting.splice(0, size);
  }

  async #carryOut(group: readonly Waiting<Job, Result>[]): Promise<void> {
    const begun = performance.now();
    try {
      const settled = await this.#persistently(group.map(({ job }) => job));
      for (const [place, { resolve, reject }] of group.entries()) {
        const one = settled[place];
        if (one !== undefined && 'result' in one) resolve(one.result);
        else reject(one?.error);
      }
      this.#options.onCommit({ jobs: group.length, seconds: (performance.now() - begun) / 1000 });
    } catch (error) {
      if (group.length > 1 && isOfOne(error)) {
        const half = Math.ceil(group.length / 2);
        await this.#carryOut(group.slice(0, half));
        await this.#carryOut(group.slice(half));
        return;
      }
      for (const { reject } of group) reject(error);
    }
  }

  async #persistently(jobs: readonly Job[]) {
    for (let left = TRIES; ; left -= 1) {
      try {
        return await this.#options.commit(jobs);
      } catch (error) {
        if (left === 1 || !(isConflict(error) || isDuplicate(error))) throw error;
        // At different lengths, so that two who met do not meet again.
        await pause(Math.random() * MOST_PAUSE_MS);
      }
    }
  }
}

/** Whether it may be the fault of one of the jobs, and not of the database. */
function isOfOne(error: unknown): boolean {
  return isConflict(error) || !(error instanceof StoreUnavailableError || error instanceof StoreUnusableError);
}
