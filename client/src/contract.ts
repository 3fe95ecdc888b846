/**
 * The words and shapes of the callqueue API, exactly as they travel. The server's types, checks, SQL and OpenAPI
 * page, and the client's types, all derive from the tuples here: a word is written down once.
 */

/** Where a call is in its life. `in progress` is accepted as another spelling of `inprogress` in requests. */
export const STATUSES = ['pending', 'inprogress', 'completed', 'cancelled', 'deleted'] as const;
export type Status = (typeof STATUSES)[number];

/** How a call got into the list. */
export const SOURCES = ['api', 'missed_call', 'import', 'console'] as const;
export type Source = (typeof SOURCES)[number];

/** Who starts the dialling: the dialler by itself, or an agent. */
export const OUTBOUND_TYPES = ['auto', 'manual'] as const;
export type OutboundType = (typeof OUTBOUND_TYPES)[number];

/** Who is rung first: the agent (`attended`) or the customer (`unattended`). */
export const ATTEND_TYPES = ['attended', 'unattended'] as const;
export type AttendType = (typeof ATTEND_TYPES)[number];

/** What `destination` names. */
export const DESTINATION_TYPES = ['queue', 'user', 'context'] as const;
export type DestinationType = (typeof DESTINATION_TYPES)[number];

/** Derived from `type`: `queue` and `user` are those types, `no_queue` is anything else. */
export const ASSIGN_TYPES = ['queue', 'user', 'no_queue'] as const;
export type AssignType = (typeof ASSIGN_TYPES)[number];

/** What became of an attempt. */
export const RESULTS = [
  'answered',
  'no_answer',
  'busy',
  'congestion',
  'rejected',
  'invalid_number',
  'agent_no_answer',
  'failed',
  'unknown',
] as const;
export type Result = (typeof RESULTS)[number];

/** What a call may wait for, in the order in which the gates are looked at. */
export const GATES = [
  'schedule',
  'retry_delay',
  'calling_hours',
  'do_not_call',
  'frequency_cap',
  'number_not_allowed',
  'fraud_guard',
  'restored',
  'clock',
  'customer_on_line',
  'no_agent',
  'capacity',
  'pbx_offline',
  'paused',
  'agent',
  'claimed',
] as const;
export type Gate = (typeof GATES)[number];

/** What a token may do; each scope includes the one before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What `action` may say. */
export const ACTIONS = ['read'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a save did to each call. */
export const SAVE_OUTCOMES = ['created', 'updated', 'unchanged', 'in_progress'] as const;
export type SaveOutcome = (typeof SAVE_OUTCOMES)[number];

/** What `sort` may name; with `-` in front descending (`dial_order` has one direction). */
export const SORT_KEYS = [
  'id',
  'schedule',
  'priority',
  'created_at',
  'updated_at',
  'last_missed_at',
  'next_attempt_at',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export type Sort = SortKey | `-${SortKey}` | 'dial_order';

/** How instants are written: `Y-m-d H:i:s` in the installation's time zone, or RFC 3339 with an offset. */
export const TIME_FORMATS = ['local', 'rfc3339'] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

/** Members of a row that move with the clock and are answered only when `with` names them. */
export const WITH_MEMBERS = ['waiting_for'] as const;
export type WithMember = (typeof WITH_MEMBERS)[number];

/** Whether a text is one of the words of a tuple above. */
export function isWord<W extends string>(words: readonly W[], text: string): text is W {
  return (words as readonly string[]).includes(text);
}

/** Why a call is not being dialled at this moment, and when that ends if it is known. */
export interface WaitingFor {
  code: Gate;
  until: string | null;
  text: string;
}

/** A queued call as the API answers it; members in this order. Times as `time_format` says. */
export interface Row {
  id: number;
  project_id: number;
  inbound_route_id: number | null;
  source: Source;
  status: Status;
  status_reason: string | null;
  caller_id: string;
  caller_id_name: string | null;
  dnid: string | null;
  outbound_number: string | null;
  outbound_trunk: string | null;
  campaign_name: string | null;
  campaign_info: string | null;
  outbound_type: OutboundType;
  attend_type: AttendType;
  assign_type: AssignType;
  type: DestinationType | null;
  destination: string | null;
  priority: number;
  schedule: string | null;
  external_id: string | null;
  max_retries: number;
  retries: number;
  vars: Record<string, string>;
  missed_count: number;
  first_missed_at: string | null;
  last_missed_at: string | null;
  claimed_by: string | null;
  claimed_until: string | null;
  last_result: Result | null;
  last_attempt_at: string | null;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
  /** Only with `with: ['waiting_for']`. */
  waiting_for?: WaitingFor | null;
}

/** The members of a row, in the order in which they are answered. */
export const ROW_MEMBERS = [
  'id',
  'project_id',
  'inbound_route_id',
  'source',
  'status',
  'status_reason',
  'caller_id',
  'caller_id_name',
  'dnid',
  'outbound_number',
  'outbound_trunk',
  'campaign_name',
  'campaign_info',
  'outbound_type',
  'attend_type',
  'assign_type',
  'type',
  'destination',
  'priority',
  'schedule',
  'external_id',
  'max_retries',
  'retries',
  'vars',
  'missed_count',
  'first_missed_at',
  'last_missed_at',
  'claimed_by',
  'claimed_until',
  'last_result',
  'last_attempt_at',
  'next_attempt_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof Row)[];

type OneOrMany<T> = T | readonly T[] | null;
type Between = readonly [from: string | null, to: string | null] | null;

/** What `filters` may hold. Filters are combined with AND, a list is OR; null, `''` and `[]` are not applied. */
export interface Filters {
  date_between?: Between;
  schedule_lt?: string | null;
  schedule_null?: boolean | null;
  caller_id?: OneOrMany<string | number>;
  dnid?: OneOrMany<string | number>;
  outbound_number?: OneOrMany<string | number>;
  project_id?: OneOrMany<number>;
  inbound_route_id?: OneOrMany<number>;
  outbound_type?: OneOrMany<OutboundType>;
  attend_type?: OneOrMany<AttendType>;
  external_id?: OneOrMany<string>;
  assign_type?: OneOrMany<AssignType>;
  campaign?: OneOrMany<string>;
  status?: OneOrMany<Status | 'in progress'>;
  id?: OneOrMany<number>;
  source?: OneOrMany<Source>;
  last_result?: OneOrMany<Result>;
  status_reason?: OneOrMany<string>;
  destination?: OneOrMany<string>;
  claimed_by?: OneOrMany<string>;
  due?: boolean | null;
  waiting_for?: OneOrMany<Gate>;
  search?: string | null;
  updated_between?: Between;
}

/** The parameters of `action=read`. */
export interface ReadParameters {
  page?: number;
  page_size?: number;
  filters?: Filters;
  sort?: Sort;
  with?: readonly WithMember[];
  time_format?: TimeFormat;
  /** `''` starts a complete extraction, then `pagination.next_cursor` of the answer before. */
  cursor?: string;
}

export interface PagePagination {
  row_count: number;
  page_size: number;
  current_page: number;
  max_page: number;
}

export interface CursorPagination {
  row_count: number;
  page_size: number;
  next_cursor: string | null;
}

/** One thing that is wrong with a request. `messages` holds the same sentences in the same order. */
export interface Problem {
  /** A short word for programs, listed in the API documentation. */
  code: string;
  /** A plain sentence for people. */
  message: string;
  /** The parameter concerned, `filters.status` style, or null. */
  field: string | null;
  /** The row of a save, counted from 1, or null. */
  row: number | null;
}

export interface SuccessEnvelope<Result, Pagination = PagePagination | CursorPagination | []> {
  has_error: false;
  messages: [];
  pagination: Pagination;
  results: Result[];
}

export interface ErrorEnvelope {
  has_error: true;
  messages: string[];
  pagination: [];
  results: [];
  errors: Problem[];
}
