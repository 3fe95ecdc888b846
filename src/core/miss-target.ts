import type { AttendType, DestinationType, MissedKind, OutboundType } from '../../client/src/contract.ts';

/** What becomes of missed calls: settings of a project, some of which a route may set otherwise. */
export interface MissedCallSettings {
  /** Kinds that count. */
  kinds: readonly MissedKind[];
  /** Who waited less is no missed call. */
  shortestWaitSeconds: number;
  type: DestinationType | null;
  destination: string | null;
  outboundType: OutboundType;
  attendType: AttendType;
  priority: number;
  maxRetries: number;
  outboundNumber: string | null;
  /** Not to be called back before so long after the miss; null: as soon as possible. */
  scheduleAfterSeconds: number | null;
}

/** What the row of a missed call takes from its route and project. */
export interface MissTarget extends Omit<MissedCallSettings, 'kinds' | 'shortestWaitSeconds'> {
  projectId: number;
  inboundRouteId: number | null;
  /** Why it is manual although it is set to be automatic. */
  manualBecause: 'number_not_allowed' | 'destination_missing' | 'too_many' | null;
  mostAutoPerMinute: number;
}
