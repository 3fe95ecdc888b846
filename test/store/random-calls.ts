import fc from 'fast-check';
import {
  ASSIGN_TYPES,
  ATTEND_TYPES,
  DESTINATION_TYPES,
  GATES,
  OUTBOUND_TYPES,
  RESULTS,
  SORT_KEYS,
  SOURCES,
  type Sort,
  STATUSES,
} from '../../client/src/contract.ts';
import type { Call } from '../../src/core/call.ts';
import type { CallFilter, CallQuery } from '../../src/core/call-filter.ts';
import { makeCall } from '../support/make-call.ts';

/** Values are few, so that matches, ties and nulls are many. Ids are about 1 to `CALLS`, instants near `NOW`. */
export const CALLS = 3_000;
export const NOW = 1_000;

const isOpen = ({ status }: Pick<Call, 'status'>) => status === 'pending' || status === 'inprogress';

export const time = fc.integer({ min: NOW - 20, max: NOW + 20 });
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const numbers = fc.constantFrom('+441632960001', '+44 1632 960002', '+12025550101', '(202) 555-0101', '+493023125001');
const cleanNumbers = fc.constantFrom('+441632960001', '+441632960002', '+12025550101', '2025550101', '+12025550199');
const texts = fc.constantFrom('a', 'b', 'B', 'c d', 'é', "x'; DROP TABLE calls; --");
const names = fc.constantFrom('Ana Pop', 'ana-maria POPESCU', 'Ștefan Æon', 'O’Brien', 'Иван Ана', '田中 太郎', '1234');
const searches = fc.constantFrom(
  'ana',
  'POP',
  'pope',
  'ștef',
  'bri',
  'ИВА',
  '001',
  '0101',
  '60002',
  '123',
  'c d',
  'zzz',
);

const randomCall: fc.Arbitrary<Partial<Call>> = fc.record({
  projectId: fc.integer({ min: 1, max: 3 }),
  inboundRouteId: optional(fc.integer({ min: 1, max: 3 })),
  source: fc.constantFrom(...SOURCES),
  // Half of them pending: that is where most rules are.
  status: fc.oneof(fc.constant('pending' as const), fc.constantFrom(...STATUSES)),
  statusReason: optional(texts),
  callerId: numbers,
  callerIdName: optional(names),
  dnid: optional(numbers),
  outboundNumber: optional(numbers),
  campaignName: optional(texts),
  campaignInfo: optional(texts),
  outboundType: fc.constantFrom(...OUTBOUND_TYPES),
  attendType: fc.constantFrom(...ATTEND_TYPES),
  type: optional(fc.constantFrom(...DESTINATION_TYPES)),
  destination: optional(texts),
  priority: fc.integer({ min: -2, max: 2 }),
  schedule: optional(time),
  firstMissedAt: optional(time),
  lastMissedAt: optional(time),
  claimedBy: optional(texts),
  claimedUntil: optional(time),
  lastResult: optional(fc.constantFrom(...RESULTS)),
  nextAttemptAt: optional(time),
  createdAt: time,
  updatedAt: time,
});

const list = <T>(values: fc.Arbitrary<T>) => fc.array(values, { minLength: 1, maxLength: 3 });
const span = fc.record({ from: optional(time), to: optional(time) });
const filterMembers: { [Name in keyof Required<CallFilter>]: fc.Arbitrary<Required<CallFilter>[Name]> } = {
  createdAt: span,
  updatedAt: span,
  scheduledUntil: time,
  withoutSchedule: fc.constant(true),
  callerNumbers: list(cleanNumbers),
  dnidNumbers: list(cleanNumbers),
  outboundNumbers: list(cleanNumbers),
  projectIds: list(fc.integer({ min: 1, max: 4 })),
  inboundRouteIds: list(fc.integer({ min: 1, max: 4 })),
  outboundTypes: list(fc.constantFrom(...OUTBOUND_TYPES)),
  attendTypes: list(fc.constantFrom(...ATTEND_TYPES)),
  externalIds: list(fc.integer({ min: 1, max: CALLS + 1 }).map((id) => `id ${id}`)),
  assignTypes: list(fc.constantFrom(...ASSIGN_TYPES)),
  campaigns: list(texts),
  statuses: list(fc.constantFrom(...STATUSES)),
  ids: list(fc.integer({ min: 0, max: CALLS + 1 })),
  sources: list(fc.constantFrom(...SOURCES)),
  lastResults: list(fc.constantFrom(...RESULTS)),
  statusReasons: list(texts),
  destinations: list(texts),
  claimedBy: list(texts),
  due: fc.boolean(),
  waitingFor: list(fc.constantFrom(...GATES)),
  search: searches,
};
const memberNames = Object.keys(filterMembers) as (keyof CallFilter)[];

/** None to four filters: with more, next to nothing matches. */
export const randomFilter: fc.Arbitrary<CallFilter> = fc
  .uniqueArray(fc.constantFrom(...memberNames), { maxLength: 4 })
  .chain((chosen) => {
    const members = Object.fromEntries(chosen.map((name) => [name, filterMembers[name]]));
    return fc.record(members) as fc.Arbitrary<CallFilter>;
  });

export const SORTS: readonly Sort[] = [...SORT_KEYS, ...SORT_KEYS.map((key): Sort => `-${key}`), 'dial_order'];
export const randomQuery: fc.Arbitrary<CallQuery> = fc.record({
  filter: randomFilter,
  sort: fc.constantFrom(...SORTS),
  limit: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1000 })),
  at: fc.oneof(
    fc.record({ page: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 })) }),
    fc.record({ afterId: fc.integer({ min: -1, max: CALLS + 1 }) }),
  ),
  moment: fc.record({ now: time, pbxConnected: fc.boolean() }),
});

/** Calls as an import brings them, in order of id; every seventh id is left out, as where ids were brought along. */
export function randomCalls(count: number, seed: number): Call[] {
  const ids = Array.from({ length: count * 2 }, (_, index) => index + 1).filter((id) => id % 7 !== 0 || id > count);
  return fc.sample(randomCall, { numRuns: count, seed }).map((row, index): Call => {
    const id = ids[index]!;
    const made = { ...makeCall(row), externalId: index % 3 === 0 ? null : `id ${id}`, id };
    // There is one open missed call of a number.
    return made.source === 'missed_call' && isOpen(made)
      ? { ...made, callerId: `${made.callerId}${String(id).padStart(4, '0')}` }
      : made;
  });
}
