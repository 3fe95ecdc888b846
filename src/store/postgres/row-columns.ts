import type { Call } from '../../core/call.ts';

/** What PostgreSQL keeps in a column, as far as we use it. */
export type SqlValue = string | number | boolean | null | Uint8Array;

/** The column of each member of a call, in the order of the table. */
const COLUMN_OF = {
  id: 'id',
  projectId: 'project_id',
  inboundRouteId: 'inbound_route_id',
  source: 'source',
  status: 'status',
  statusReason: 'status_reason',
  callerId: 'caller_id',
  callerIdName: 'caller_id_name',
  dnid: 'dnid',
  outboundNumber: 'outbound_number',
  outboundTrunk: 'outbound_trunk',
  campaignName: 'campaign_name',
  campaignInfo: 'campaign_info',
  outboundType: 'outbound_type',
  attendType: 'attend_type',
  type: 'type',
  destination: 'destination',
  priority: 'priority',
  schedule: 'schedule',
  externalId: 'external_id',
  maxRetries: 'max_retries',
  retries: 'retries',
  vars: 'vars',
  missedCount: 'missed_count',
  firstMissedAt: 'first_missed_at',
  lastMissedAt: 'last_missed_at',
  claimedBy: 'claimed_by',
  claimedUntil: 'claimed_until',
  lastResult: 'last_result',
  lastAttemptAt: 'last_attempt_at',
  nextAttemptAt: 'next_attempt_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Record<keyof Call, string>;

const MEMBERS = Object.entries(COLUMN_OF) as [keyof Call, string][];

/** The columns that hold a call, in the order that `toCall` reads. */
export const CALL_COLUMNS: readonly string[] = Object.values(COLUMN_OF);

/** A call from the values of `CALL_COLUMNS`. */
export function toCall(values: readonly SqlValue[]): Call {
  const call: Record<string, unknown> = {};
  for (const [place, [member]] of MEMBERS.entries()) {
    const value = values[place];
    call[member] = member === 'vars' ? JSON.parse(value as string) : value;
  }
  return call as unknown as Call;
}

/** The values of a call by the names of their columns. */
export function columnsOf(call: Call): Record<string, SqlValue> {
  const columns: Record<string, SqlValue> = {};
  for (const [member, column] of MEMBERS) {
    const value = call[member];
    columns[column] = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  }
  return columns;
}
