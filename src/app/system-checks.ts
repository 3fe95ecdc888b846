import { fork } from 'node:child_process';
import type { SystemCheck } from '../../client/src/contract.ts';
import type { Settings } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { LatestChecks } from '../wire/system-facts.ts';

/** What `callqueue doctor` would find, for who asks the running server. */
export interface SystemChecks {
  /** What was found last. Looks anew if that is long ago, and waits a little for it, but not for ever. */
  latest(): Promise<LatestChecks>;
  /** Ends a look that is under way. May be called twice. */
  stop(): void;
}

export interface SystemChecksOptions {
  clock: Clock;
  /** One look at everything. Default: in a process of its own. */
  look(signal: AbortSignal): Promise<SystemCheck[]>;
  /** The least time between two looks; default: a minute. */
  restMs?: number;
  /** How long who asks waits for a new look; default: 3 s. */
  patienceMs?: number;
}

/** Looking reads all of the database and logs in to the PBX: it may take a thirtieth of the time, not more. */
const REST_FACTOR = 30;

/** One look at a time, however many ask. */
export function createSystemChecks(options: SystemChecksOptions): SystemChecks {
  const { clock, look, restMs = 60_000, patienceMs = 3000 } = options;
  const stopping = new AbortController();
  let latest: LatestChecks = { at: undefined, findings: [] };
  let running: Promise<void> | undefined;
  let nextMs = Number.NEGATIVE_INFINITY;

  async function lookAnew(): Promise<void> {
    const beganMs = performance.now();
    const findings = await look(stopping.signal).catch((error: Error): SystemCheck[] => [
      { subject: 'checks', verdict: 'fail', text: `could not be made: ${error.message}` },
    ]);
    const endedMs = performance.now();
    nextMs = endedMs + Math.max(restMs, REST_FACTOR * (endedMs - beganMs));
    latest = { at: clock.now(), findings };
  }

  return {
    async latest() {
      if (running === undefined && performance.now() >= nextMs && !stopping.signal.aborted) {
        running = lookAnew().finally(() => {
          running = undefined;
        });
      }
      if (running !== undefined) await within(patienceMs, running);
      return latest;
    },
    stop: () => stopping.abort(),
  };
}

/** Resolves when `work` has ended, or after so long. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}

const LONGEST_LOOK_MS = 120_000;

/**
 * Looks in a process of its own: judging a large database takes seconds in which its thread does nothing else, and a
 * thread that is ended within a statement may take all threads with it, while a process can be ended at any moment.
 */
export function lookElsewhere(settings: Settings, signal: AbortSignal): Promise<SystemCheck[]> {
  return new Promise((resolve, reject) => {
    let found: SystemCheck[] | undefined;
    const program = fork(new URL('../app-checks.ts', import.meta.url), {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      timeout: LONGEST_LOOK_MS,
      killSignal: 'SIGKILL',
      signal,
    });
    program.once('message', (message) => {
      found = message as SystemCheck[];
    });
    program.once('error', reject);
    program.once('exit', (code, killedBy) => {
      if (found !== undefined) resolve(found);
      else reject(new Error(`they ended with ${killedBy ?? code} and said nothing`));
    });
    program.send(settings, (error) => {
      if (error) reject(error);
    });
  });
}
