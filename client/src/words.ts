/**
 * The words of the callqueue API, exactly as they travel: each is written down here and nowhere else. Imported through
 * contract.ts.
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

/**
 * How a caller was missed: hung up in a queue; a queue gave up, had nobody, or was full; left by the exit key; rang
 * phones that nobody picked up, that were busy, or that could not be reached at all.
 */
export const MISSED_KINDS = [
  'queue_hangup',
  'queue_timeout',
  'queue_empty',
  'queue_full',
  'exit_key',
  'no_answer',
  'busy',
  'unavailable',
] as const;
export type MissedKind = (typeof MISSED_KINDS)[number];

/** What a token may do; each scope includes the one before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What `action` may say. */
export const ACTIONS = [
  'read',
  'save',
  'update',
  'cancel',
  'delete',
  'claim',
  'extend',
  'release',
  'complete',
  'note',
  'history',
  'stats',
  'changes',
  'me',
  'projects',
  'do_not_call',
  'live',
  'system',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What a save did to each call. */
export const SAVE_OUTCOMES = ['created', 'updated', 'unchanged', 'in_progress'] as const;
export type SaveOutcome = (typeof SAVE_OUTCOMES)[number];

/** What became of a number that was to be put on the do-not-call list, or taken from it. */
export const DO_NOT_CALL_OUTCOMES = ['added', 'updated', 'unchanged', 'removed', 'absent'] as const;
export type DoNotCallOutcome = (typeof DO_NOT_CALL_OUTCOMES)[number];

/** What the history of a call can tell. */
export const CALL_EVENTS = [
  'created',
  'imported',
  'updated',
  'claimed',
  'extended',
  'released',
  'lease_expired',
  'retry_planned',
  'completed',
  'answered_elsewhere',
  'cancelled',
  'deleted',
  'note',
  'missed',
  'reached',
] as const;
export type CallEvent = (typeof CALL_EVENTS)[number];

/** Where a setting in force comes from: the project's own entry, the setting for all projects, or nobody set it. */
export const SETTING_ORIGINS = ['project', 'installation', 'default'] as const;
export type SettingOrigin = (typeof SETTING_ORIGINS)[number];

/** Where the connection to the PBX is. Only `up` can be relied on: all that went on before has been read. */
export const PBX_PHASES = [
  'connecting',
  'authenticating',
  'booting',
  'catching_up',
  'up',
  'waiting',
  'stopped',
] as const;
export type PbxPhase = (typeof PBX_PHASES)[number];

/** Why a missed call does not stand in the list: nobody can be called back, or who called asked not to be. */
export const UNLISTED = ['withheld', 'not_dialable', 'do_not_call'] as const;
export type Unlisted = (typeof UNLISTED)[number];

/** What was found of one thing that was looked at. */
export const CHECK_VERDICTS = ['ok', 'warn', 'fail'] as const;
export type CheckVerdict = (typeof CHECK_VERDICTS)[number];

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
