import type { Settings } from '../config.ts';
import { SECONDS_PER_DAY } from '../core/calendar.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { CallWriter, TidyLimits } from '../core/call-writer.ts';
import type { Clock, EpochSeconds } from '../core/clock.ts';
import { StoreUnavailableError } from '../core/errors.ts';
import type { Logger } from '../logger.ts';

/** How long what has happened is kept; undefined: for ever. */
export type Keeping = Pick<Settings, 'keepHistoryDays' | 'keepChangesDays' | 'keepClosedCallsDays'>;

export interface JobsOptions {
  queue: CallQueue;
  writer: CallWriter;
  clock: Clock;
  keeping: Keeping;
  logger: Logger;
}

export interface Jobs {
  start(): void;
  /** Begins nothing any more; resolves when what runs has ended, at the latest when the writer is closed. */
  stop(): Promise<void>;
}

const LEASES_MS = 1000;
const TIDY_MS = 10 * 60_000;
/** Entries of the do-not-call list that have ended stay in the database for so long, for whoever has to look into a complaint. */
const ENDED_DO_NOT_CALL_DAYS = 30;

/**
 * What has to be done without anybody asking: calls go back when a lease runs out, and what is no longer kept is
 * removed. Both only look at the database and the clock, so that it does no harm when several instances do them.
 */
export function createJobs({ queue, writer, clock, keeping, logger }: JobsOptions): Jobs {
  const jobs: Job[] = [
    {
      name: 'lease expiry',
      everyMs: LEASES_MS,
      async run() {
        const { outcome } = await queue.execute({ kind: 'expire_leases' }, { actor: 'system', projectIds: null });
        if (outcome.kind === 'calls' && outcome.calls.length > 0) {
          logger.info({ calls: outcome.calls.length }, 'leases ran out');
        }
      },
    },
    {
      name: 'tidying',
      everyMs: TIDY_MS,
      async run() {
        const tidied = await writer.tidy(tidyLimits(keeping, clock.now()));
        if (Object.values(tidied).some((count) => count > 0)) logger.info(tidied, 'tidied');
      },
    },
  ];
  const timers: NodeJS.Timeout[] = [];
  const running = new Map<Job, Promise<void>>();
  let isStopped = false;
  const failing = new Set<Job>();

  function begin(job: Job): void {
    if (isStopped || running.has(job)) return;
    const run = attempt(job).finally(() => running.delete(job));
    running.set(job, run);
  }

  async function attempt(job: Job): Promise<void> {
    try {
      await job.run();
      failing.delete(job);
    } catch (error) {
      if (isStopped && error instanceof StoreUnavailableError) return;
      // Told once and not every second: what is wrong with the database shows in every request as well.
      const level = error instanceof StoreUnavailableError ? 'warn' : 'error';
      if (!failing.has(job)) logger[level]({ err: error }, `${job.name} failed`);
      failing.add(job);
    }
  }

  return {
    start() {
      if (isStopped || timers.length > 0) return;
      for (const job of jobs) {
        begin(job);
        timers.push(setInterval(() => begin(job), job.everyMs));
      }
    },
    async stop() {
      isStopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}

interface Job {
  name: string;
  everyMs: number;
  run(): Promise<void>;
}

/** What is no longer to be kept at this moment. */
export function tidyLimits(
  { keepHistoryDays, keepChangesDays, keepClosedCallsDays }: Keeping,
  now: EpochSeconds,
): TidyLimits {
  const before = (days: number | undefined) => (days === undefined ? undefined : now - days * SECONDS_PER_DAY);
  const [historyBefore, changesBefore, closedCallsBefore] = [keepHistoryDays, keepChangesDays, keepClosedCallsDays].map(
    before,
  );
  return {
    ...(historyBefore !== undefined && { historyBefore }),
    ...(changesBefore !== undefined && { changesBefore }),
    ...(closedCallsBefore !== undefined && { closedCallsBefore }),
    repeatsBefore: now,
    doNotCallBefore: now - ENDED_DO_NOT_CALL_DAYS * SECONDS_PER_DAY,
  };
}
