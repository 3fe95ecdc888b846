import type { CallEvent, DestinationType, Gate, Result, SaveOutcome, Status } from '../../client/src/contract.ts';
import type { Call } from './call.ts';
import type { CallFilter, Moment } from './call-filter.ts';
import type { CallContent, Completion, Conflict } from './call-life.ts';
import type { CaptureCommand, RecordedAs } from './capture-command.ts';
import type { EpochSeconds } from './clock.ts';
import type { AddDoNotCallCommand, DoNotCallChange, RemoveDoNotCallCommand } from './do-not-call.ts';

/**
 * What can be asked of the stored calls, as plain data: it travels to the thread, or the database, that decides and
 * writes. Each command is done whole or not at all, and what it did is durable when the answer comes.
 */
export type Command =
  | SaveCommand
  | UpdateCommand
  | CancelCommand
  | DeleteCommand
  | ClaimCommand
  | ExtendCommand
  | ReleaseCommand
  | CompleteCommand
  | NoteCommand
  | ExpireLeasesCommand
  | AddDoNotCallCommand
  | RemoveDoNotCallCommand
  | CaptureCommand;

/** Which calls a command is about; at most 10,000. */
export type RowChoice =
  | { ids: readonly number[] }
  /** For each external id its open calls; if none is open, the one that was made last. */
  | { projectId: number; externalIds: readonly string[] }
  /** The matching calls, if there are exactly `expect`. */
  | { filter: CallFilter; expect: number };

export interface SaveCommand {
  kind: 'save';
  projectId: number;
  calls: readonly { content: CallContent; again: boolean }[];
  /** Everything is checked and answered, nothing stored. */
  dryRun: boolean;
  /** How long after a call was closed the same save is taken for a late repeat (decideSave). */
  repeatWindowSeconds: number;
}

export interface UpdateCommand {
  kind: 'update';
  edits: readonly { id: number; content: Partial<CallContent>; expectedUpdatedAt?: EpochSeconds }[];
}

export interface CancelCommand {
  kind: 'cancel';
  rows: RowChoice;
  /** Goes into `statusReason`. */
  code: string;
  /** The caller's own words, for the history. */
  words?: string;
}

export interface DeleteCommand {
  kind: 'delete';
  rows: RowChoice;
  code: string;
}

export interface ClaimCommand {
  kind: 'claim';
  agent: string;
  leaseSeconds: number;
  /** This call; or the best due manual call that matches a filter. */
  choose: { id: number } | { filter: CallFilter };
}

export interface ExtendCommand {
  kind: 'extend';
  id: number;
  agent: string;
  leaseSeconds: number;
}

export interface ReleaseCommand {
  kind: 'release';
  id: number;
  agent: string;
  /** Not before this; null: as soon as possible. */
  schedule?: EpochSeconds | null;
  force: boolean;
}

export interface CompleteCommand {
  kind: 'complete';
  id: number;
  agent: string;
  completion: Completion;
}

export interface NoteCommand {
  kind: 'note';
  id: number;
  text: string;
}

/** Gives back every call whose lease has run out. */
export interface ExpireLeasesCommand {
  kind: 'expire_leases';
}

/** Who acts, when, and what of the list exists for them. */
export interface CommandContext {
  /** Written into the history: `token CRM`, `agent ana`, `system`. */
  actor: string;
  moment: Moment;
  /** Calls of other projects are as good as not there; null: all projects. */
  projectIds: readonly number[] | null;
  /** Makes a repeat of the same request answer as the first did. */
  repeat?: RepeatGuard;
}

/** Kept in the same transaction as what the request did. */
export interface RepeatGuard {
  tokenId: number;
  key: string;
  /** Tells whether the request is the same as the one that used the key before. */
  fingerprint: string;
  keepSeconds: number;
}

export interface SavedCall {
  /** Null in a dry run for a call that would be new. */
  id: number | null;
  externalId: string | null;
  callerId: string;
  status: Status;
  outcome: SaveOutcome;
}

/** Why a command did nothing. */
export type RowRefusal = { id: number | null /** Place in the command, from 0. */; index: number } & (
  | { why: 'not_found'; externalId?: string }
  | { why: 'conflict'; conflict: Conflict }
  /** The new number or external id would make it the same as another open call. */
  | { why: 'duplicate'; of: number }
);

export type CommandOutcome =
  /** A save's rows, in the order of its calls. */
  | { kind: 'saved'; calls: SavedCall[] }
  /** The calls as they are now, in the order named; of a claim that found nothing: none. */
  | { kind: 'calls'; calls: Call[] }
  /** What became of each number, in their order. */
  | { kind: 'do_not_call'; changes: DoNotCallChange[] }
  /** What became of something that the PBX told, and the calls that it changed, as they are now. */
  | { kind: 'recorded'; as: RecordedAs; calls: Call[] }
  /** Nothing was stored; every row that stands in the way is named. */
  | { kind: 'refused'; rows: RowRefusal[] }
  /** A filter matched another number of calls than the caller believed; nothing was stored. */
  | { kind: 'unexpected_count'; matched: number }
  /** The repeat guard's key belongs to another request; nothing was stored. */
  | { kind: 'key_reused' };

export interface CommandResult {
  outcome: CommandOutcome;
  /** The outcome is that of an earlier, same request. */
  isReplay: boolean;
}

/** One line of a call's history. */
export interface HistoryEntry {
  at: EpochSeconds;
  actor: string;
  event: CallEvent;
  from: Status | null;
  to: Status | null;
  reason: string | null;
  facts: Readonly<Record<string, unknown>>;
}

/** One change in the feed: the call as it is now. */
export interface FeedEntry {
  sequence: number;
  call: Call;
  /** Whether it matches the filter now; true without one. */
  matches: boolean;
}

export interface FeedPage {
  entries: FeedEntry[];
  /** Where to go on; the `since` of the question when there is nothing new. */
  nextSince: number;
  more: boolean;
  /** What came after `since` is no longer kept, or never was: read everything again. */
  reset: boolean;
}

/** Who has been due for longer than this should have been called by now. */
export const OVERDUE_SECONDS = 3600;

/** Counts over the calls that match a filter. */
export interface CallStats {
  total: number;
  byStatus: Readonly<Record<Status, number>>;
  dueNow: number;
  /** Due for more than `OVERDUE_SECONDS`. */
  overdue: number;
  /** Since when the call that waits longest has been due. */
  oldestDueSince: EpochSeconds | null;
  byProject: readonly { projectId: number; open: number; due: number }[];
  byDestination: readonly { type: DestinationType | null; destination: string | null; open: number; due: number }[];
  byResult: readonly { result: Result; count: number }[];
  byGate: readonly { gate: Gate; count: number }[];
}
