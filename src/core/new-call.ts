import type { Call } from './call.ts';
import type { CallContent } from './call-life.ts';
import type { EpochSeconds } from './clock.ts';

/** A call as a save makes it. */
export function newCall(id: number, projectId: number, content: CallContent, now: EpochSeconds): Call {
  return {
    id,
    projectId,
    inboundRouteId: null,
    source: 'api',
    status: 'pending',
    statusReason: null,
    callerId: content.callerId,
    callerIdName: content.callerIdName,
    dnid: null,
    outboundNumber: content.outboundNumber,
    outboundTrunk: content.outboundTrunk,
    campaignName: content.campaignName,
    campaignInfo: content.campaignInfo,
    outboundType: content.outboundType,
    attendType: content.attendType,
    type: content.type,
    destination: content.destination,
    priority: content.priority,
    schedule: content.schedule,
    externalId: content.externalId,
    maxRetries: content.maxRetries,
    retries: 0,
    vars: content.vars,
    missedCount: 0,
    firstMissedAt: null,
    lastMissedAt: null,
    claimedBy: null,
    claimedUntil: null,
    lastResult: null,
    lastAttemptAt: null,
    nextAttemptAt: null,
    createdAt: now,
    updatedAt: now,
  };
}
