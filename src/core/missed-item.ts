import type { Call } from './call.ts';
import { type Change, cancel, changed, type Decision, type Happening } from './call-life.ts';
import type { MissedCall, Reached } from './call-verdict.ts';
import type { EpochSeconds } from './clock.ts';
import type { MissTarget } from './miss-target.ts';
import { newCall } from './new-call.ts';

/** A missed call whose caller can be called back. */
export type ListedMiss = MissedCall & { number: string };

/** What reached a customer, as far as an item of the list is concerned. */
export type ReachedItem = Pick<Reached, 'how' | 'at'> & Partial<Pick<Reached, 'isOwnAttempt'>>;

/** The row of a number that no open item of its project has: source `missed_call`, the kind is its reason. */
export function missedItem(id: number, miss: ListedMiss, target: MissTarget, now: EpochSeconds): Call {
  const { projectId, inboundRouteId, type, destination, outboundType, attendType, priority, maxRetries } = target;
  const content = {
    callerId: miss.number,
    callerIdName: miss.name,
    outboundNumber: target.outboundNumber,
    outboundTrunk: null,
    campaignName: null,
    campaignInfo: null,
    outboundType,
    attendType,
    type,
    destination,
    priority,
    schedule: target.scheduleAfterSeconds === null ? null : miss.endedAt + target.scheduleAfterSeconds,
    externalId: null,
    maxRetries,
    vars: {},
  };
  return {
    ...newCall(id, projectId, content, now),
    inboundRouteId,
    source: 'missed_call',
    statusReason: miss.kind,
    dnid: miss.did,
    missedCount: 1,
    firstMissedAt: miss.endedAt,
    lastMissedAt: miss.endedAt,
  };
}

/** How the history of a new item begins. */
export function missedItemBegan(miss: MissedCall, { manualBecause }: MissTarget): Happening {
  const facts = { ...factsOf(miss), ...(manualBecause !== null && { manual_because: manualBecause }) };
  return { event: 'created', reason: miss.kind, facts };
}

/**
 * A further miss of a number that has an open item, whoever holds it. Misses may be told in any order, so neither time
 * goes in the wrong direction.
 */
export function countMiss(call: Call, miss: MissedCall, now: EpochSeconds): Change {
  const { endedAt } = miss;
  const happening: Happening = { event: 'missed', reason: miss.kind, facts: factsOf(miss) };
  return changed(call, now, call.status, happening, {
    missedCount: call.missedCount + 1,
    firstMissedAt: Math.min(call.firstMissedAt ?? endedAt, endedAt),
    lastMissedAt: Math.max(call.lastMissedAt ?? endedAt, endedAt),
    callerIdName: call.callerIdName ?? miss.name,
  });
}

/**
 * Somebody has spoken with the customer: a pending item is done with, one that somebody holds is left to its holder. What
 * was before the last miss, and is only told now, did not answer that miss.
 */
export function reach(call: Call, { how, at, isOwnAttempt = false }: ReachedItem, now: EpochSeconds): Decision {
  const isOpen = call.status === 'pending' || call.status === 'inprogress';
  if (!isOpen || at < (call.lastMissedAt ?? at)) return { kind: 'unchanged' };
  const facts = { how, reached_at: at };
  if (call.status === 'pending') {
    const reason = 'answered_elsewhere';
    return changed(call, now, 'completed', { event: 'answered_elsewhere', reason, facts }, { statusReason: reason });
  }
  // The dialler holds the call that it makes and knows the outcome.
  if (isOwnAttempt) return { kind: 'unchanged' };
  return changed(call, now, call.status, { event: 'reached', facts: { ...facts, held_by: call.claimedBy } }, {});
}

/**
 * Two open items turned out to be of one number, as after the country of a project was set: the first takes over what the
 * second has counted, and the second is cancelled.
 * @returns undefined when somebody holds both
 */
export function mergeItems(one: Call, other: Call, now: EpochSeconds): { kept: Change; dropped: Change } | undefined {
  const [keep, drop] = other.status === 'pending' ? [one, other] : [other, one];
  const dropped = cancel(drop, 'same_number', undefined, now);
  if (drop.status !== 'pending' || dropped.kind !== 'change') return undefined;
  const happening: Happening = { event: 'updated', facts: { merged: drop.id, missed_count: drop.missedCount } };
  const kept = changed(keep, now, keep.status, happening, {
    missedCount: keep.missedCount + drop.missedCount,
    firstMissedAt: earliest(keep.firstMissedAt, drop.firstMissedAt),
    lastMissedAt: latest(keep.lastMissedAt, drop.lastMissedAt),
    callerIdName: keep.callerIdName ?? drop.callerIdName,
  });
  return { kept, dropped };
}

function earliest(one: EpochSeconds | null, other: EpochSeconds | null): EpochSeconds | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function latest(one: EpochSeconds | null, other: EpochSeconds | null): EpochSeconds | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function factsOf(miss: MissedCall): Record<string, unknown> {
  const { pbx, legId, queue, waitSeconds, endedAt, did, isInferred } = miss;
  return {
    missed_at: endedAt,
    wait_seconds: waitSeconds,
    pbx,
    leg_id: legId,
    ...(queue !== null && { queue }),
    ...(did !== null && { did }),
    ...(isInferred && { inferred: true }),
  };
}
