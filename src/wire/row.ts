import type { Row, TimeFormat, WaitingFor } from '../../client/src/contract.ts';
import { assignTypeOf, type Call } from '../core/call.ts';
import type { Moment } from '../core/call-filter.ts';
import type { EpochSeconds } from '../core/clock.ts';
import { waitingFor } from '../core/dispatch.ts';
import type { TimeZone } from '../core/time-zone.ts';
import { waitingTexts } from './messages.ts';

/** Changes whenever the same call would be written differently: rows kept ready by the store are then made anew. */
export const ROW_SHAPE = 1;

/** How instants are written. */
export interface RowStyle {
  timeZone: TimeZone;
  timeFormat: TimeFormat;
}

/** An instant as the API answers it. */
export function timeOf(instant: EpochSeconds, style: RowStyle): string {
  return formatOf(style)(instant);
}

/** A call as the API answers it, members in the documented order. */
export function rowOf(call: Call, style: RowStyle): Row {
  const format = formatOf(style);
  const time = (instant: number | null) => (instant === null ? null : format(instant));
  return {
    id: call.id,
    project_id: call.projectId,
    inbound_route_id: call.inboundRouteId,
    source: call.source,
    status: call.status,
    status_reason: call.statusReason,
    caller_id: call.callerId,
    caller_id_name: call.callerIdName,
    dnid: call.dnid,
    outbound_number: call.outboundNumber,
    outbound_trunk: call.outboundTrunk,
    campaign_name: call.campaignName,
    campaign_info: call.campaignInfo,
    outbound_type: call.outboundType,
    attend_type: call.attendType,
    assign_type: assignTypeOf(call.type),
    type: call.type,
    destination: call.destination,
    priority: call.priority,
    schedule: time(call.schedule),
    external_id: call.externalId,
    max_retries: call.maxRetries,
    retries: call.retries,
    vars: call.vars,
    missed_count: call.missedCount,
    first_missed_at: time(call.firstMissedAt),
    last_missed_at: time(call.lastMissedAt),
    claimed_by: call.claimedBy,
    claimed_until: time(call.claimedUntil),
    last_result: call.lastResult,
    last_attempt_at: time(call.lastAttemptAt),
    next_attempt_at: time(call.nextAttemptAt),
    created_at: format(call.createdAt),
    updated_at: format(call.updatedAt),
  };
}

/** The row as JSON, as an answer holds it. */
export function rowJson(call: Call, style: RowStyle): string {
  return JSON.stringify(rowOf(call, style));
}

/** The row with `waiting_for` as its last member. */
export function rowWithWaitingFor(call: Call, style: RowStyle, moment: Moment): Row {
  return { ...rowOf(call, style), waiting_for: waitingForOf(call, style, moment) };
}

function waitingForOf(call: Call, style: RowStyle, moment: Moment): WaitingFor | null {
  const wait = waitingFor(call, moment);
  if (wait === null) return null;
  const until = wait.until === null ? null : timeOf(wait.until, style);
  return { code: wait.gate, until, text: waitingTexts[wait.gate] };
}

function formatOf({ timeZone, timeFormat }: RowStyle): (instant: EpochSeconds) => string {
  return timeFormat === 'local' ? timeZone.formatLocal : timeZone.formatRfc3339;
}
