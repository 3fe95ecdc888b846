import type { NewCall } from '../../src/core/call-store.ts';

/** 2026-11-01 00:00:00 UTC, when calls of tests came into the list unless they say otherwise. */
const CREATED = Date.UTC(2026, 10, 1) / 1000;

/** A call as it is right after it was stored: pending, to be dialled by hand as soon as possible. */
export function makeCall(changes: Partial<NewCall> = {}): NewCall {
  return {
    projectId: 1,
    inboundRouteId: null,
    source: 'api',
    status: 'pending',
    statusReason: null,
    callerId: '+441632960001',
    callerIdName: null,
    dnid: null,
    outboundNumber: null,
    outboundTrunk: null,
    campaignName: null,
    campaignInfo: null,
    outboundType: 'manual',
    attendType: 'attended',
    type: null,
    destination: null,
    priority: 0,
    schedule: null,
    externalId: null,
    maxRetries: 0,
    retries: 0,
    vars: {},
    missedCount: 0,
    firstMissedAt: null,
    lastMissedAt: null,
    claimedBy: null,
    claimedUntil: null,
    lastResult: null,
    lastAttemptAt: null,
    nextAttemptAt: null,
    createdAt: CREATED,
    updatedAt: CREATED,
    ...changes,
  };
}
