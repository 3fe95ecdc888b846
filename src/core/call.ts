import type {
  AssignType,
  AttendType,
  DestinationType,
  OutboundType,
  Result,
  Source,
  Status,
} from '../../client/src/contract.ts';
import type { EpochSeconds } from './clock.ts';

/** A call that should be made, or was, and what became of it. The members are explained in docs/glossary.md. */
export interface Call {
  id: number;
  projectId: number;
  inboundRouteId: number | null;
  source: Source;
  status: Status;
  statusReason: string | null;
  /** The number to dial, as it was given. */
  callerId: string;
  callerIdName: string | null;
  dnid: string | null;
  outboundNumber: string | null;
  outboundTrunk: string | null;
  campaignName: string | null;
  campaignInfo: string | null;
  outboundType: OutboundType;
  attendType: AttendType;
  type: DestinationType | null;
  destination: string | null;
  /** -1000 to 1000, higher is dialled first. */
  priority: number;
  /** Not before this instant; null: as soon as possible. */
  schedule: EpochSeconds | null;
  externalId: string | null;
  maxRetries: number;
  retries: number;
  /** PBX variables. */
  vars: Readonly<Record<string, string>>;
  missedCount: number;
  firstMissedAt: EpochSeconds | null;
  lastMissedAt: EpochSeconds | null;
  claimedBy: string | null;
  claimedUntil: EpochSeconds | null;
  lastResult: Result | null;
  lastAttemptAt: EpochSeconds | null;
  nextAttemptAt: EpochSeconds | null;
  createdAt: EpochSeconds;
  updatedAt: EpochSeconds;
}

/** Statuses of calls that still want something done. */
export const OPEN_STATUSES = ['pending', 'inprogress'] as const satisfies readonly Status[];

/** `queue` and `user` are assigned as such, everything else is `no_queue` (While1's documented filter). */
export function assignTypeOf(type: DestinationType | null): AssignType {
  return type === 'queue' || type === 'user' ? type : 'no_queue';
}

/** When a call became due: the later of creation and schedule; for a missed call the first miss. */
export function dueSince(call: Pick<Call, 'source' | 'createdAt' | 'schedule' | 'firstMissedAt'>): EpochSeconds {
  const entered = call.source === 'missed_call' ? (call.firstMissedAt ?? call.createdAt) : call.createdAt;
  return Math.max(entered, call.schedule ?? entered);
}
