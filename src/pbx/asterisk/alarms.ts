import type { AmiTimers } from './ami-timers.ts';

export interface Alarms {
  /** Runs once, in place of what was set under this name before. */
  set(name: string, delayMs: number, run: () => void): void;
  /** Runs again and again, each time so long after the run before has ended. */
  every(name: string, pauseMs: number, run: () => void | Promise<void>): void;
  /** Takes all back and sets none any more. */
  stop(): void;
}

/** Alarms that end together. */
export function createAlarms(timers: AmiTimers): Alarms {
  const cancels = new Map<string, () => void>();
  let isStopped = false;

  function set(name: string, delayMs: number, run: () => void): void {
    if (isStopped) return;
    cancels.get(name)?.();
    cancels.set(name, timers.after(delayMs, run));
  }

  return {
    set,
    every(name, pauseMs, run) {
      const again = async () => {
        await run();
        set(name, pauseMs, again);
      };
      set(name, pauseMs, again);
    },
    stop() {
      isStopped = true;
      for (const cancel of cancels.values()) cancel();
    },
  };
}
