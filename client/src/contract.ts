import type { DoNotCallData, DoNotCallRow } from './do-not-call.ts';
import type { LiveRow, PbxBrief, SystemRow } from './watch-rows.ts';
import type {
  AssignType,
  AttendType,
  CallEvent,
  DestinationType,
  Gate,
  OutboundType,
  Result,
  SaveOutcome,
  Scope,
  SettingOrigin,
  Sort,
  Source,
  Status,
  TimeFormat,
  WithMember,
} from './words.ts';

export type * from './do-not-call.ts';
export type * from './watch-rows.ts';
/**
 * The words and shapes of the callqueue API, exactly as they travel. The server's types, checks, SQL and OpenAPI
 * page, and the client's types, all derive from them.
 */
export * from './words.ts';

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

/** Taken by every action. */
export interface CommonParameters {
  /** How times are written in the answer and read in the request; default `local`. */
  time_format?: TimeFormat;
}

/** Taken by actions that answer rows. */
export interface RowParameters extends CommonParameters {
  with?: readonly WithMember[];
}

/** Taken by actions that change something. */
export interface ChangingParameters {
  /** 1 to 255 characters: a repeat of the same request within 7 days is answered as the first was. */
  idempotency_key?: string;
}

/**
 * Fields of a call that a save may name once for all its calls. null is as good as not given (PHP's hash does not cover
 * it), `''` clears or gives the default.
 */
export interface SharedCallFields {
  /** Goes with `destination`. */
  type?: DestinationType | '' | null;
  destination?: string | null;
  campaign_name?: string | null;
  campaign_info?: string | null;
  /** Default `manual`. */
  outbound_type?: OutboundType | '' | null;
  /** Default `attended`. */
  attend_type?: AttendType | '' | null;
  outbound_number?: string | number | null;
  outbound_trunk?: string | null;
}

/** The fields of a call that its owner sets. */
export interface CallFields extends SharedCallFields {
  caller_id?: string | number | null;
  caller_id_name?: string | null;
  /** -1000 to 1000, default 0. */
  priority?: number | '' | null;
  schedule?: string | null;
  external_id?: string | number | null;
  /** 0 to 100, default 0. */
  max_retries?: number | '' | null;
  vars?: Readonly<Record<string, string | number | boolean | null>> | '' | null;
}

/** One call of a save; what it says wins over what is said for all. */
export interface CallToSave extends CallFields {
  caller_id: string | number;
  /** Make a new call although the same was closed a moment ago. */
  again?: boolean | null;
}

export interface SaveData extends SharedCallFields {
  project_id: number;
  /** 1 to 10,000. */
  calls: readonly CallToSave[];
  again?: boolean | null;
}

/** The parameters of `action=save`. */
export interface SaveParameters extends CommonParameters, ChangingParameters {
  data: SaveData;
  /** Everything is checked and answered, nothing stored. */
  dry_run?: boolean;
}

/** One call of an update: only the fields that are given change. */
export interface CallToUpdate extends CallFields {
  id: number;
  /** `updated_at` as last seen: refused with the row when the call was changed since. */
  expected_updated_at?: string | null;
}

export interface UpdateParameters extends RowParameters, ChangingParameters {
  data: { calls: readonly CallToUpdate[] };
}

/** Which calls, at most 10,000: by their ids, by your own ids, or by filters and how many you believe to match. */
export type RowChoiceData =
  | { ids: number | readonly number[] }
  | { project_id: number; external_ids: string | readonly string[] }
  | { filters: Filters; expect: number };

export interface CancelParameters extends RowParameters, ChangingParameters {
  data: RowChoiceData & { reason?: string | null };
}

export interface DeleteParameters extends RowParameters, ChangingParameters {
  data: RowChoiceData;
}

export interface ClaimParameters extends RowParameters, ChangingParameters {
  data: {
    /** Not needed with a token that speaks for an agent; naming another then needs scope `admin`. */
    agent?: string | null;
    /** This call; else the best due manual one that matches the filters. */
    id?: number | null;
    filters?: Filters | null;
    /** 10 to 86,400, default 600. */
    lease_seconds?: number | null;
  };
}

export interface ExtendParameters extends RowParameters, ChangingParameters {
  data: { id: number; agent?: string | null; lease_seconds?: number | null };
}

export interface ReleaseParameters extends RowParameters, ChangingParameters {
  data: {
    id: number;
    agent?: string | null;
    /** Not before this; `''`: as soon as possible. */
    schedule?: string | null;
    /** A supervisor's: whoever holds it. Needs scope `admin`. */
    force?: boolean | null;
  };
}

export interface CompleteParameters extends RowParameters, ChangingParameters {
  data: {
    id: number;
    agent?: string | null;
    result?: Result | '' | null;
    /** Your own word for what came of it. */
    disposition?: string | null;
    note?: string | null;
    /** Plans another attempt instead of closing the call; uses one retry. */
    retry_at?: string | null;
  };
}

export interface NoteParameters extends RowParameters, ChangingParameters {
  data: { id: number; text: string };
}

export interface HistoryParameters extends CommonParameters {
  data: { id: number };
}

export interface DoNotCallParameters extends CommonParameters, ChangingParameters {
  data: DoNotCallData;
}

export interface StatsParameters extends CommonParameters {
  data?: { filters?: Filters | null };
}

export interface ChangesParameters extends RowParameters {
  data?: {
    /** Sequence of the last change seen; default 0. */
    since?: number | null;
    /** 1 to 1000, default 1000. */
    limit?: number | null;
    /** Leave nothing out; each row says whether it `matches` now. */
    filters?: Filters | null;
  };
}

/** What each action takes beside `action` and `api_hash`. */
export interface ActionParameters {
  read: ReadParameters;
  save: SaveParameters;
  update: UpdateParameters;
  cancel: CancelParameters;
  delete: DeleteParameters;
  claim: ClaimParameters;
  extend: ExtendParameters;
  release: ReleaseParameters;
  complete: CompleteParameters;
  note: NoteParameters;
  history: HistoryParameters;
  stats: StatsParameters;
  changes: ChangesParameters;
  me: CommonParameters;
  projects: CommonParameters;
  do_not_call: DoNotCallParameters;
  live: CommonParameters;
  system: CommonParameters;
}

/** What a save did to one call, in the order of its calls. */
export interface SavedCallRow {
  /** Null in a dry run for a call that would be new. */
  id: number | null;
  external_id: string | null;
  caller_id: string;
  status: Status;
  outcome: SaveOutcome;
}

/** One line of a call's history. */
export interface HistoryRow {
  at: string;
  actor: string;
  event: CallEvent;
  from: Status | null;
  to: Status | null;
  /** A short code or a person's words. */
  reason: string | null;
  /** What else is worth knowing: disposition, note, the fields that an update changed. */
  facts: Record<string, unknown>;
}

/** Counts over the calls that match. */
export interface StatsRow {
  total: number;
  by_status: Record<Status, number>;
  due_now: number;
  /** Due for more than an hour. */
  overdue: number;
  /** Since when the call that waits longest has been due. */
  oldest_waiting: string | null;
  by_project: { project_id: number; open: number; due: number }[];
  by_destination: { type: DestinationType | null; destination: string | null; open: number; due: number }[];
  by_result: { result: Result; count: number }[];
  /** Open calls by what they wait for. */
  by_gate: { code: Gate; count: number }[];
  /** The PBX, whatever the filters; null: the installation has none. */
  pbx: PbxBrief | null;
}

/** A call that changed, as it is now. */
export interface ChangeRow extends Row {
  /** Grows with every change. */
  sequence: number;
  /** Only with filters: whether it matches them now. */
  matches?: boolean;
}

export interface ChangesPagination {
  /** The next `since`. */
  next_since: number;
  /** Whether there was more than the limit. */
  more: boolean;
  /** Changes after `since` are no longer kept, or never were: read everything again, then go on with `next_since`. */
  reset?: true;
}

/** Who asks. */
export interface MeRow {
  /** Name of the token. */
  token: string;
  agent: string | null;
  scopes: Scope[];
  /** The projects that it may use. */
  projects: number[];
  /** IANA name of the zone in which times are written. */
  timezone: string;
  version: string;
}

/** A project, its settings in force, and where each comes from. */
export interface ProjectRow {
  id: number;
  name: string;
  settings: ProjectSetting[];
}

/** A setting in force for a project. */
export interface ProjectSetting {
  /** As in the settings file, with a dot before the members of a group: `missed_calls.kinds`. */
  name: string;
  /** Null: not set. */
  value: string | number | string[] | null;
  origin: SettingOrigin;
}

/** What each action answers in `results`, one by one. */
export interface ActionResults {
  read: Row;
  save: SavedCallRow;
  update: Row;
  cancel: Row;
  delete: Row;
  claim: Row;
  extend: Row;
  release: Row;
  complete: Row;
  note: Row;
  history: HistoryRow;
  stats: StatsRow;
  changes: ChangeRow;
  me: MeRow;
  projects: ProjectRow;
  do_not_call: DoNotCallRow;
  live: LiveRow;
  system: SystemRow;
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
  /** The row of a save or update, counted from 1, or null. */
  row: number | null;
  /** Of a 409 `changed_since`: the call as it is now. */
  call?: Row;
}

export interface SuccessEnvelope<Result, Pagination = PagePagination | CursorPagination | ChangesPagination | []> {
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
