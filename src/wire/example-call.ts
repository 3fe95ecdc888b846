import type { Call } from '../core/call.ts';

/** The call that the examples of the API's description show. Its numbers are reserved for fiction. */
export const exampleCall: Call = {
  id: 1,
  projectId: 1,
  inboundRouteId: null,
  source: 'api',
  status: 'pending',
  statusReason: null,
  callerId: '+44 1632 960123',
  callerIdName: 'Ann Example',
  dnid: null,
  outboundNumber: '+441632960100',
  outboundTrunk: 'provider-1',
  campaignName: 'autumn',
  campaignInfo: 'first wave',
  outboundType: 'manual',
  attendType: 'attended',
  type: 'queue',
  destination: 'sales',
  priority: 10,
  // 2026-11-24 09:00:00 in the zone of the examples
  schedule: 1_795_503_600,
  externalId: 'order-4711',
  maxRetries: 2,
  retries: 0,
  vars: { ORDER: '4711' },
  missedCount: 0,
  firstMissedAt: null,
  lastMissedAt: null,
  claimedBy: null,
  claimedUntil: null,
  lastResult: null,
  lastAttemptAt: null,
  nextAttemptAt: null,
  createdAt: 1_795_420_800,
  updatedAt: 1_795_420_800,
};

/** The zone that the examples are written in. */
export const EXAMPLE_TIME_ZONE = 'Europe/Bucharest';

/** When the examples that change the call do so: 2026-11-24 14:00:00 in their zone. */
export const EXAMPLE_NOW = 1_795_521_600;

const changed = { ...exampleCall, updatedAt: EXAMPLE_NOW };

export const updatedExample: Call = { ...changed, priority: 50, schedule: null };
export const cancelledExample: Call = { ...changed, status: 'cancelled', statusReason: 'cancelled_by_api' };
export const deletedExample: Call = { ...changed, status: 'deleted', statusReason: 'deleted_by_api' };

/** Claimed by somebody for ten minutes. */
export const claimedExample: Call = {
  ...changed,
  status: 'inprogress',
  claimedBy: 'ana',
  claimedUntil: EXAMPLE_NOW + 600,
};

export const extendedExample: Call = { ...claimedExample, claimedUntil: EXAMPLE_NOW + 1800 };
export const releasedExample: Call = { ...changed, schedule: 1_795_590_000 };

export const completedExample: Call = {
  ...changed,
  status: 'completed',
  statusReason: 'completed_by_agent',
  lastResult: 'answered',
  lastAttemptAt: EXAMPLE_NOW,
};

/** A note is in the history; the call itself tells only that something happened to it. */
export const notedExample: Call = changed;
