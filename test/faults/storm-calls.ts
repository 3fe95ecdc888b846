import { randomOf } from '../../bench/make-calls.ts';

/** How a call goes; what the list must make of it is in `expectedOf`. */
export type StormKind =
  | 'queue_hangup'
  | 'queue_timeout'
  | 'exit_key'
  | 'no_answer'
  | 'busy'
  | 'answered_in_queue'
  | 'answered_by_phone'
  | 'outbound';

export interface StormCall {
  index: number;
  kind: StormKind;
  legId: string;
  /** Null: withheld. */
  number: string | null;
  beginMs: number;
  endMs: number;
}

export interface StormPlanOptions {
  calls: number;
  /** In which they begin; the last of them end up to six seconds later. */
  ms: number;
  seed: number;
  /** Begins the unique ids. */
  epoch: number;
}

const MISSED: readonly StormKind[] = [
  ...(['queue_hangup', 'queue_hangup', 'queue_hangup', 'queue_hangup', 'queue_timeout'] as const),
  ...(['exit_key', 'no_answer', 'no_answer', 'busy'] as const),
];
const ANSWERED: readonly StormKind[] = ['answered_in_queue', 'answered_in_queue', 'answered_by_phone', 'outbound'];
const LONGEST_MS = 6_000;
/** Times in the list are whole seconds: whoever is reached is reached in a later one than that of the last miss. */
const LATER_MS = 2_500;

/** 2,000 callers out of the ranges for fiction. */
export const STORM_NUMBERS: readonly string[] = Array.from({ length: 1_000 }, (_, index) => {
  const end = String(index).padStart(3, '0');
  return [`+441632960${end}`, `+493023125${end}`];
}).flat();

/**
 * Callers who are missed once or several times; some of them are reached in the end, in the queue, by a phone or by a call
 * to them; others are answered at once; some withhold their number.
 */
export function planStorm({ calls, ms, seed, epoch }: StormPlanOptions): StormCall[] {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const plan: StormCall[] = [];
  const add = (kind: StormKind, number: string | null, earliestMs: number, latestMs: number) => {
    const index = plan.length;
    const beginMs = earliestMs + below(Math.max(1, latestMs - earliestMs));
    const endMs = beginMs + 200 + below(Math.min(LONGEST_MS, ms) - 200);
    plan.push({ index, kind, legId: `${epoch}.${index * 10}`, number, beginMs, endMs });
    return endMs;
  };
  for (let turn = 0; plan.length < calls; turn += 1) {
    const number = STORM_NUMBERS[turn % STORM_NUMBERS.length] as string;
    // A number that comes again has the same fate as before.
    const fate = (turn % STORM_NUMBERS.length) % 10;
    if (turn % 40 === 39) add(pick(MISSED), null, 0, ms);
    if (fate < 7) add(pick(MISSED), number, 0, ms);
    else if (fate === 9) add(pick(ANSWERED), number, 0, ms);
    else if (turn < STORM_NUMBERS.length) {
      const ends = [add(pick(MISSED), number, 0, ms / 3), add(pick(MISSED), number, 0, ms / 3)];
      const earliest = Math.max(...ends) + LATER_MS;
      add(pick(ANSWERED), number, earliest, earliest + ms / 3);
    }
  }
  return plan;
}

/** The row that the list must have of a number. */
export interface ExpectedItem {
  missedCount: number;
  status: 'pending' | 'completed';
  /** When each of its misses hung up, the earliest first. */
  hangupsMs: number[];
}

export const isMissed = ({ kind }: StormCall): boolean => MISSED.includes(kind);

/** The right list, and how many who cannot be called back. */
export function expectedOf(plan: readonly StormCall[]): { items: Map<string, ExpectedItem>; withheld: number } {
  const items = new Map<string, ExpectedItem>();
  let withheld = 0;
  for (const call of plan.filter(isMissed)) {
    if (call.number === null) {
      withheld += 1;
      continue;
    }
    const item = items.get(call.number) ?? { missedCount: 0, status: 'pending', hangupsMs: [] };
    item.missedCount += 1;
    item.hangupsMs.push(call.endMs);
    items.set(call.number, item);
  }
  for (const { number, kind } of plan) {
    const item = number === null || MISSED.includes(kind) ? undefined : items.get(number);
    if (item !== undefined) item.status = 'completed';
  }
  for (const { hangupsMs } of items.values()) hangupsMs.sort((a, b) => a - b);
  return { items, withheld };
}
