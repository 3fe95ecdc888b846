import type { StormCall } from './storm-calls.ts';
import { stepsOf } from './storm-events.ts';

/** A step of a call at its time from the beginning of the storm. */
export interface DueStep {
  atMs: number;
  call: StormCall;
  text: (call: StormCall) => string;
  isFirst: boolean;
  isLast: boolean;
}

/** All steps of all calls in the order of their time, those of a call in their own. */
export function timeline(plan: readonly StormCall[]): DueStep[] {
  return plan
    .flatMap((call) => {
      const steps = [...stepsOf(call.kind)].sort(([a], [b]) => a - b);
      return steps.map(([part, text], at) => ({
        atMs: call.beginMs + part * (call.endMs - call.beginMs),
        ...{ call, text, isFirst: at === 0, isLast: at === steps.length - 1 },
      }));
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** Calls that are up: noise about those that are gone would be no noise. */
export class LiveCalls {
  readonly #calls: StormCall[] = [];

  get size(): number {
    return this.#calls.length;
  }

  note({ call, isFirst, isLast }: DueStep): void {
    if (isFirst) this.#calls.push(call);
    if (!isLast) return;
    const at = this.#calls.indexOf(call);
    const last = this.#calls.pop();
    if (last !== undefined && last !== call) this.#calls[at] = last;
  }

  pick(random: () => number): StormCall {
    return this.#calls[Math.floor(random() * this.#calls.length)] as StormCall;
  }
}
