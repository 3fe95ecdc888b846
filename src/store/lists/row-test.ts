import type { CallFilter, Span } from '../../core/call-filter.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { nameWords, reversed, searchedEnds } from '../../core/search-text.ts';
import type { ListRow } from './list-row.ts';

/** Whether a row belongs into a list, as of an instant. */
export type RowTest = (row: ListRow, now: EpochSeconds) => boolean;

/**
 * The same as `whereClause` of each database, for one row in memory: every member of `CallFilter` in its order. What
 * decides is the SQL; test/store/lists.property.test.ts and the self-check hold the two against each other.
 */
export function createRowTest(filter: CallFilter, pbxConnected: boolean): RowTest {
  const tests = testsOf(filter, pbxConnected).filter((test) => test !== undefined);
  return (row, now) => {
    for (const test of tests) if (!test(row, now)) return false;
    return true;
  };
}

/** Whether what matches changes by itself as time goes by. */
export function movesWithClock({ due, waitingFor }: CallFilter): boolean {
  return due !== undefined || waitingFor !== undefined;
}

function testsOf(filter: CallFilter, pbxConnected: boolean): (RowTest | undefined)[] {
  return [
    within(filter.createdAt, (row) => row.createdAt),
    within(filter.updatedAt, (row) => row.updatedAt),
    scheduled(filter),
    oneOf(filter.callerNumbers?.map(reversed), (row) => row.callerNumberReversed),
    oneOf(filter.dnidNumbers, (row) => row.dnidNumber),
    oneOf(filter.outboundNumbers, (row) => row.outboundNumber),
    oneOf(filter.projectIds, (row) => row.projectId),
    oneOf(filter.inboundRouteIds, (row) => row.inboundRouteId),
    oneOf(filter.outboundTypes, (row) => row.outboundType),
    oneOf(filter.attendTypes, (row) => row.attendType),
    oneOf(filter.externalIds, (row) => row.externalId),
    oneOf(filter.assignTypes, ({ type }) => (type === 'queue' || type === 'user' ? type : 'no_queue')),
    inCampaign(filter.campaigns),
    oneOf(filter.statuses, (row) => row.status),
    oneOf(filter.ids, (row) => row.id),
    oneOf(filter.sources, (row) => row.source),
    oneOf(filter.lastResults, (row) => row.lastResult),
    oneOf(filter.statusReasons, (row) => row.statusReason),
    oneOf(filter.destinations, (row) => row.destination),
    oneOf(filter.claimedBy, (row) => row.claimedBy),
    filter.due === undefined ? undefined : (row, now) => isDue(row, now) === filter.due,
    waiting(filter.waitingFor, pbxConnected),
    found(filter.search),
  ];
}

function within(span: Span | undefined, memberOf: (row: ListRow) => EpochSeconds): RowTest | undefined {
  if (span === undefined) return undefined;
  const { from, to } = span;
  const [least, most] = [from ?? Number.NEGATIVE_INFINITY, to ?? Number.POSITIVE_INFINITY];
  return (row) => memberOf(row) >= least && memberOf(row) <= most;
}

function oneOf<T>(list: readonly T[] | undefined, memberOf: (row: ListRow) => T | null): RowTest | undefined {
  if (list === undefined) return undefined;
  const [first] = list;
  if (list.length === 1) return (row) => memberOf(row) === first;
  const all: ReadonlySet<T | null> = new Set(list);
  return (row) => all.has(memberOf(row));
}

function scheduled({ scheduledUntil, withoutSchedule }: CallFilter): RowTest | undefined {
  if (scheduledUntil === undefined) return withoutSchedule && (({ schedule }) => schedule === null);
  return ({ schedule }) => (schedule === null ? withoutSchedule === true : schedule <= scheduledUntil);
}

function inCampaign(campaigns: readonly string[] | undefined): RowTest | undefined {
  if (campaigns === undefined) return undefined;
  const all: ReadonlySet<string | null> = new Set(campaigns);
  return ({ campaignName, campaignInfo }) => all.has(campaignName) || all.has(campaignInfo);
}

function isDue(row: ListRow, now: EpochSeconds): boolean {
  return row.status === 'pending' && (row.schedule ?? now) <= now && (row.nextAttemptAt ?? now) <= now;
}

/** As `waitingFor` in dispatch.ts, which takes a whole call. */
function waiting(gates: CallFilter['waitingFor'], pbxConnected: boolean): RowTest | undefined {
  if (gates === undefined) return undefined;
  const all = new Set(gates);
  return (row, now) => {
    if (row.status === 'inprogress') return row.claimedBy !== null && all.has('claimed');
    if (row.status !== 'pending') return false;
    if (row.schedule !== null && row.schedule > now) return all.has('schedule');
    if (row.nextAttemptAt !== null && row.nextAttemptAt > now) return all.has('retry_delay');
    if (row.outboundType === 'manual') return all.has('agent');
    return !pbxConnected && all.has('pbx_offline');
  };
}

function found(search: string | undefined): RowTest | undefined {
  if (search === undefined) return undefined;
  const ends = searchedEnds(search).map(reversed);
  // The words stand in their order, the last perhaps only begun: a part of the text that begins where a word does.
  const searched = nameWords(search);
  const words = searched === '' ? undefined : ` ${searched}`;
  return ({ externalId, callerNumberReversed, callerIdName }) =>
    externalId === search ||
    ends.some((end) => callerNumberReversed.startsWith(end)) ||
    (words !== undefined && callerIdName !== null && ` ${nameWords(callerIdName)}`.includes(words));
}
