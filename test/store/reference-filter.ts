import { assignTypeOf, type Call, dueSince } from '../../src/core/call.ts';
import type { CallFilter, CallQuery, Moment, Span } from '../../src/core/call-filter.ts';
import { isDue, waitingFor } from '../../src/core/dispatch.ts';
import { cleanNumber } from '../../src/core/phone-number.ts';

type Test = (call: Call, wanted: never, filter: CallFilter, moment: Moment) => boolean;

const within = (at: number, { from, to }: Span) => (from === null || at >= from) && (to === null || at <= to);
const among = <T>(list: readonly T[], value: T | null) => value !== null && list.includes(value);
const words = (text: string) =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/** What the documentation of the API says of each filter, in plain JavaScript. */
const TESTS: {
  [Name in keyof Required<CallFilter>]: (
    call: Call,
    wanted: Required<CallFilter>[Name],
    filter: CallFilter,
    moment: Moment,
  ) => boolean;
} = {
  createdAt: (call, span) => within(call.createdAt, span),
  updatedAt: (call, span) => within(call.updatedAt, span),
  scheduledUntil: (call, until, filter) =>
    call.schedule === null ? filter.withoutSchedule === true : call.schedule <= until,
  withoutSchedule: (call, _, filter) => filter.scheduledUntil !== undefined || call.schedule === null,
  callerNumbers: (call, list) => list.includes(cleanNumber(call.callerId)),
  dnidNumbers: (call, list) => among(list, call.dnid && cleanNumber(call.dnid)),
  outboundNumbers: (call, list) => among(list, call.outboundNumber && cleanNumber(call.outboundNumber)),
  projectIds: (call, list) => list.includes(call.projectId),
  inboundRouteIds: (call, list) => among(list, call.inboundRouteId),
  outboundTypes: (call, list) => list.includes(call.outboundType),
  attendTypes: (call, list) => list.includes(call.attendType),
  externalIds: (call, list) => among(list, call.externalId),
  assignTypes: (call, list) => list.includes(assignTypeOf(call.type)),
  campaigns: (call, list) => among(list, call.campaignName) || among(list, call.campaignInfo),
  statuses: (call, list) => list.includes(call.status),
  ids: (call, list) => list.includes(call.id),
  sources: (call, list) => list.includes(call.source),
  lastResults: (call, list) => among(list, call.lastResult),
  statusReasons: (call, list) => among(list, call.statusReason),
  destinations: (call, list) => among(list, call.destination),
  claimedBy: (call, list) => among(list, call.claimedBy),
  due: (call, wanted, _, moment) => isDue(call, moment.now) === wanted,
  waitingFor: (call, list, _, moment) => among(list, waitingFor(call, moment)?.gate ?? null),
  search: (call, text) =>
    call.externalId === text ||
    (/^[0-9]+$/.test(text) && cleanNumber(call.callerId).endsWith(text)) ||
    words(call.callerIdName ?? '').some((word) => word.startsWith(text.toLowerCase())),
};

const SORT_MEMBERS = {
  id: 'id',
  schedule: 'schedule',
  priority: 'priority',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  last_missed_at: 'lastMissedAt',
  next_attempt_at: 'nextAttemptAt',
} as const;

export function referenceMatches(calls: readonly Call[], filter: CallFilter, moment: Moment): Call[] {
  const names = Object.keys(filter) as (keyof CallFilter)[];
  return calls.filter((call) =>
    names.every((name) => (TESTS[name] as Test)(call, filter[name] as never, filter, moment)),
  );
}

/** What a query is to answer: how many, and which ids in which order. */
export function referenceAnswer(calls: readonly Call[], query: CallQuery): { rowCount: number; ids: number[] } {
  const matches = referenceMatches(calls, query.filter, query.moment);
  const rowCount = matches.length;
  const sorted = [...matches].sort((a, b) => compare(a, b, 'page' in query.at ? query.sort : 'id') || a.id - b.id);
  const { at, limit } = query;
  const page =
    'page' in at
      ? sorted.slice((at.page - 1) * limit, at.page * limit)
      : sorted.filter(({ id }) => id > at.afterId).slice(0, limit);
  return { rowCount, ids: page.map(({ id }) => id) };
}

function compare(a: Call, b: Call, sort: CallQuery['sort']): number {
  if (sort === 'dial_order') return b.priority - a.priority || dueSince(a) - dueSince(b);
  const member = SORT_MEMBERS[sort.replace('-', '') as keyof typeof SORT_MEMBERS];
  const [x, y] = [a[member], b[member]];
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  return sort.startsWith('-') ? y - x : x - y;
}
