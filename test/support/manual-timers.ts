import type { Clock } from '../../src/core/clock.ts';
import type { AmiTimers } from '../../src/pbx/asterisk/ami-timers.ts';

interface Alarm {
  at: number;
  run: () => void;
}

/** Time that stands still until it is moved by hand. As a clock it begins at `startedAt`. */
export class ManualTimers implements AmiTimers {
  readonly clock: Clock;
  #now = 0;
  #alarms = new Set<Alarm>();
  #watchers = new Set<() => void>();

  constructor(startedAt = 1_795_000_000) {
    this.clock = { now: () => startedAt + Math.floor(this.#now / 1000) };
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { at: this.#now + delayMs, run };
    this.#alarms.add(alarm);
    queueMicrotask(() => this.#tell());
    return () => this.#alarms.delete(alarm);
  }

  /** In how many ms each alarm would go off, the next one first. */
  get pending(): number[] {
    return [...this.#alarms].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Moves the time on; alarms on the way go off in their order, those that they set as well. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#alarms.delete(due);
      this.#now = due.at;
      due.run();
    }
    this.#now = end;
  }

  /** Waits until something is so; looks whenever an alarm is set, which every step of a connection does. */
  async until(isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (isSo()) resolve();
    };
    this.#watchers.add(look);
    await promise;
    this.#watchers.delete(look);
  }

  #tell(): void {
    for (const look of this.#watchers) look();
  }
}
