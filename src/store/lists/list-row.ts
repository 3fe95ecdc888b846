import type {
  AttendType,
  DestinationType,
  OutboundType,
  Result,
  Source,
  Status,
} from '../../../client/src/contract.ts';
import type { EpochSeconds } from '../../core/clock.ts';

/** What of a call filters and sorts look at, derived columns included. */
export interface ListRow {
  id: number;
  projectId: number;
  inboundRouteId: number | null;
  source: Source;
  status: Status;
  statusReason: string | null;
  callerNumberReversed: string;
  callerIdName: string | null;
  dnidNumber: string | null;
  outboundNumber: string | null;
  campaignName: string | null;
  campaignInfo: string | null;
  outboundType: OutboundType;
  attendType: AttendType;
  type: DestinationType | null;
  destination: string | null;
  externalId: string | null;
  claimedBy: string | null;
  lastResult: Result | null;
  priority: number;
  schedule: EpochSeconds | null;
  nextAttemptAt: EpochSeconds | null;
  lastMissedAt: EpochSeconds | null;
  createdAt: EpochSeconds;
  updatedAt: EpochSeconds;
  dueSince: EpochSeconds;
}

const COLUMN_OF = {
  id: 'id',
  projectId: 'project_id',
  inboundRouteId: 'inbound_route_id',
  source: 'source',
  status: 'status',
  statusReason: 'status_reason',
  callerNumberReversed: 'caller_number_reversed',
  callerIdName: 'caller_id_name',
  dnidNumber: 'dnid_normalized',
  outboundNumber: 'outbound_number_normalized',
  campaignName: 'campaign_name',
  campaignInfo: 'campaign_info',
  outboundType: 'outbound_type',
  attendType: 'attend_type',
  type: 'type',
  destination: 'destination',
  externalId: 'external_id',
  claimedBy: 'claimed_by',
  lastResult: 'last_result',
  priority: 'priority',
  schedule: 'schedule',
  nextAttemptAt: 'next_attempt_at',
  lastMissedAt: 'last_missed_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  dueSince: 'due_since',
} as const satisfies Record<keyof ListRow, string>;

const MEMBERS = Object.keys(COLUMN_OF) as (keyof ListRow)[];

/** The columns of `calls` that hold a row, in the order that `toListRow` reads. */
export const LIST_COLUMNS: readonly string[] = Object.values(COLUMN_OF);

/** A row from the values of `LIST_COLUMNS`. */
export function toListRow(values: readonly unknown[]): ListRow {
  const row: Record<string, unknown> = {};
  for (let place = 0; place < MEMBERS.length; place++) row[MEMBERS[place] as string] = values[place];
  return row as unknown as ListRow;
}
