import type {
  AssignType,
  AttendType,
  Gate,
  OutboundType,
  Result,
  Sort,
  Source,
  Status,
} from '../../client/src/contract.ts';
import type { EpochSeconds } from './clock.ts';

/** Instants from `from` to `to`, both included; null leaves that side open. */
export interface Span {
  from: EpochSeconds | null;
  to: EpochSeconds | null;
}

/**
 * What can be asked for, as plain data. Members are combined with AND, lists are OR, an absent member is not applied.
 * A list is never empty.
 */
export interface CallFilter {
  createdAt?: Span;
  updatedAt?: Span;
  /** `schedule` at or before this instant; calls without a schedule only if `withoutSchedule` is also true. */
  scheduledUntil?: EpochSeconds;
  /** Alone: calls without a schedule. With `scheduledUntil`: those as well. */
  withoutSchedule?: true;
  /** Normalised numbers (see phone-number.ts), compared with the normalised `callerId`, and so on. */
  callerNumbers?: readonly string[];
  dnidNumbers?: readonly string[];
  outboundNumbers?: readonly string[];
  projectIds?: readonly number[];
  inboundRouteIds?: readonly number[];
  outboundTypes?: readonly OutboundType[];
  attendTypes?: readonly AttendType[];
  externalIds?: readonly string[];
  assignTypes?: readonly AssignType[];
  /** Each is compared with `campaignName` and with `campaignInfo`. */
  campaigns?: readonly string[];
  statuses?: readonly Status[];
  ids?: readonly number[];
  sources?: readonly Source[];
  lastResults?: readonly Result[];
  statusReasons?: readonly string[];
  destinations?: readonly string[];
  claimedBy?: readonly string[];
  /** True: pending, and schedule and retry pause have passed. False: every other call. */
  due?: boolean;
  /** The first closed gate is one of these (dispatch.ts). */
  waitingFor?: readonly Gate[];
  /**
   * Three characters or more: the last digits of `callerId` normalised, the beginning of a word of `callerIdName` in
   * any letter case, or the whole of `externalId`.
   */
  search?: string;
}

/** The members that a filter has. */
export function askedOf(filter: CallFilter): (keyof CallFilter)[] {
  return (Object.keys(filter) as (keyof CallFilter)[]).filter((name) => filter[name] !== undefined);
}

/** Whether none but pending calls can match: the few for which stores keep indexes of their own. */
export function isPendingOnly({ statuses, due, waitingFor }: CallFilter): boolean {
  return (
    (statuses?.length === 1 && statuses[0] === 'pending') ||
    due === true ||
    (waitingFor?.every((gate) => gate !== 'claimed') ?? false)
  );
}

/** What moves with the clock or with the PBX, frozen for one question. */
export interface Moment {
  now: EpochSeconds;
  /** Whether the PBX is connected (gate `pbx_offline`). */
  pbxConnected: boolean;
}

/** One question to the store. */
export interface CallQuery {
  filter: CallFilter;
  /** Null sorts last in both directions; ties by id, ascending. */
  sort: Sort;
  /** How many calls to answer at most. */
  limit: number;
  /** A page, counted from 1; or the calls whose id is above `afterId`, in order of id. */
  at: { page: number } | { afterId: number };
  moment: Moment;
}
