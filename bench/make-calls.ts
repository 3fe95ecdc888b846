import type { Result } from '../client/src/contract.ts';
import type { NewCall } from '../src/core/call-store.ts';
import type { EpochSeconds } from '../src/core/clock.ts';

export interface MakeCallsOptions {
  count: number;
  /** The same seed makes the same calls. */
  seed: number;
  /** The calls were created over the year before this moment, the last of them a moment ago. */
  now: EpochSeconds;
}

const DAY = 86_400;
const YEAR = 365 * DAY;
/** Calls belong to the projects 1 to this. */
export const PROJECTS = 12;
const CAMPAIGNS = 300;
/** Of so many numbers all calls are, but those of open missed calls. With three digits more there are 3,000,000. */
const SHARED_NUMBERS = 400_000;
const CLOSED = [...Array.from({ length: 6 }, () => 'completed' as const), 'cancelled', 'deleted'] as const;

/** Realistic calls in order of creation: mostly completed ones, about 2 % pending, with campaigns, agents, missed calls. */
export function* makeCalls({ count, seed, now }: MakeCallsOptions): Generator<NewCall> {
  const random = randomOf(seed);
  let openMissed = 0;
  const nextOpenMissed = () => openMissed++;
  for (let index = 0; index < count; index += 1) {
    const createdAt = now - Math.floor((YEAR * (count - index)) / count);
    yield makeCall({ random, index, createdAt, now, nextOpenMissed });
  }
}

/** Numbers of the ranges that are reserved for fiction, with extra digits where the ranges hold too few. */
export function numberOf(index: number): string {
  const end = String(index % 1_000).padStart(3, '0');
  const more = Math.floor(index / 3_000);
  switch (index % 3) {
    case 0:
      return `+441632960${end}${more % 1_000 || ''}`;
    case 1:
      return `+493023125${end}${more % 1_000 || ''}`;
    default:
      return `+120255501${String(index % 100).padStart(2, '0')}${Math.floor(index / 300) % 10_000 || ''}`;
  }
}

type Random = () => number;

interface CallToMake {
  random: Random;
  index: number;
  createdAt: EpochSeconds;
  now: EpochSeconds;
  /** How many open missed calls there were before. */
  nextOpenMissed: () => number;
}

function makeCall({ random, index, createdAt, now, nextOpenMissed }: CallToMake): NewCall {
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

  const age = now - createdAt;
  // Open calls are young, as everywhere; a few were forgotten long ago.
  const isPending = chance(age < 20 * DAY ? 0.3 : 0.004);
  const isInProgress = !isPending && age < 2 * DAY && chance(0.02);
  const status = isPending ? 'pending' : isInProgress ? 'inprogress' : pick(CLOSED);
  const isOpen = isPending || isInProgress;
  const wasMissed = chance(0.2);
  const isManual = wasMissed || chance(0.4);
  const campaign = wasMissed ? null : below(CAMPAIGNS);
  const projectId = 1 + Math.min(below(PROJECTS), below(PROJECTS));
  const attempted = isOpen ? chance(0.2) : chance(0.95);
  const result: Result | null = attempted
    ? pick(['answered', 'answered', 'answered', 'answered', 'no_answer', 'no_answer', 'busy', 'failed'])
    : null;
  const wantsSchedule = chance(0.4);
  const changedAt = Math.min(now, createdAt + (isOpen ? below(3_600) : below(3 * DAY)));
  const type = pick(['queue', 'queue', 'user', 'context', null] as const);
  const shared = below(SHARED_NUMBERS);
  // There is one open missed call of a number, and the ranges hold too few for one of each index.
  const number = numberOf(isOpen && wasMissed ? SHARED_NUMBERS + nextOpenMissed() : shared);

  return {
    projectId,
    inboundRouteId: wasMissed ? 1 + below(40) : null,
    source: wasMissed ? 'missed_call' : pick(['api', 'api', 'api', 'import', 'console']),
    status,
    statusReason:
      status === 'cancelled' ? 'cancelled_by_api' : status === 'completed' && wasMissed ? 'answered_elsewhere' : null,
    callerId: chance(0.2) ? `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}` : number,
    callerIdName: chance(0.75) ? `${pick(FIRST_NAMES)} ${pick(MIDDLES)}${pick(LAST_NAMES)}` : null,
    dnid: wasMissed || chance(0.3) ? `+12025550${100 + below(100)}` : null,
    outboundNumber: isManual ? null : `+441632960${100 + below(60)}`,
    outboundTrunk: isManual ? null : pick(['trunk-a', 'trunk-b']),
    campaignName: campaign === null ? null : `Campaign ${campaign}`,
    campaignInfo: campaign === null || !chance(0.3) ? null : `Wave ${campaign % 50}`,
    outboundType: isManual ? 'manual' : 'auto',
    attendType: chance(0.7) ? 'attended' : 'unattended',
    type,
    destination:
      type === 'user' ? String(200 + below(80)) : type && pick(['sales', 'support', 'billing', 'collections']),
    priority: chance(0.85) ? 0 : pick([-10, 5, 10, 100]),
    schedule: wantsSchedule ? createdAt + below(isOpen ? 40 * DAY : 7 * DAY) : null,
    externalId: chance(0.6) ? `crm-${index}` : null,
    maxRetries: pick([0, 2, 3, 5]),
    retries: attempted ? below(3) : 0,
    vars: chance(0.3) ? { customer: String(100_000 + below(900_000)), language: pick(['en', 'de', 'ro']) } : {},
    missedCount: wasMissed ? 1 + below(3) : 0,
    firstMissedAt: wasMissed ? createdAt : null,
    lastMissedAt: wasMissed ? Math.min(now, createdAt + below(7_200)) : null,
    claimedBy: isInProgress ? `agent${below(50)}` : null,
    claimedUntil: isInProgress ? now + below(600) : null,
    lastResult: result,
    lastAttemptAt: attempted ? changedAt : null,
    nextAttemptAt: isPending && attempted ? changedAt + below(7_200) : null,
    createdAt,
    updatedAt: changedAt,
  };
}

const FIRST_NAMES = [
  ...['Ana', 'Maria', 'Elena', 'Ioana', 'Andrei', 'Mihai', 'Ștefan', 'George', 'Olivia', 'Amelia', 'Noah', 'Oliver'],
  ...['Lukas', 'Emma', 'Mia', 'Jürgen', 'Søren', 'Zoë', 'Chloé', 'José', 'Łukasz', 'Ömer', 'Анна', 'Иван', 'Σοφία'],
];
const MIDDLES = ['', '', '', 'Maria ', 'J. ', 'van der ', "O'"];
const LAST_NAMES = Array.from({ length: 2_000 }, (_, index) => {
  const parts = ['pop', 'ion', 'mar', 'bergh', 'stan', 'wood', 'mill', 'er', 'esc', 'u'];
  const name = [...String(index + 10)].map((digit) => parts[Number(digit)]).join('');
  return name.charAt(0).toUpperCase() + name.slice(1);
});

/** Mulberry32: small, even, the same everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
