import type { MissedCall, Reached } from './call-verdict.ts';
import type { EpochSeconds } from './clock.ts';
import type { MissTarget } from './miss-target.ts';

/**
 * What is kept of watching a PBX. Every instance watches, and records of the PBX tell again what was heard: each of
 * these may come any number of times, from anybody, in any order, and counts once.
 */
export type CaptureCommand =
  | RecordMissedCommand
  | RecordReachedCommand
  | RecordOwnChannelsCommand
  | RecordGapCommand
  | KeepPlaceCommand;

/** So long is a leg remembered. A miss that is older than the newest of its PBX by so much is not taken in. */
export const LEGS_KEPT_SECONDS = 30 * 86_400;

export interface RecordMissedCommand {
  kind: 'record_missed';
  /** Without a number it makes no row and is only counted. */
  miss: MissedCall;
  /** Why the number is null: it was withheld, or is none that can be called back. */
  unlisted: Exclude<Unlisted, 'do_not_call'> | null;
  target: MissTarget;
}

/** Why a missed call does not stand in the list. Who is not to be called, only the database knows. */
export type Unlisted = 'withheld' | 'not_dialable' | 'do_not_call';

export interface RecordReachedCommand {
  kind: 'record_reached';
  reached: Pick<Reached, 'pbx' | 'legId' | 'how' | 'at' | 'isOwnAttempt'>;
  /** In which projects it counts, and the number as each of them compares it: normalised, in all its forms. */
  among: readonly { projectId: number; numbers: readonly string[] }[];
}

/** Channel ids of our own attempts, kept before any of them is dialled: a call that has one is never a missed call. */
export interface RecordOwnChannelsCommand {
  kind: 'record_own_channels';
  channelIds: readonly string[];
}

/** A time in which an instance heard nothing of the PBX. The same pbx, instance and `from` again is the same gap. */
export interface RecordGapCommand {
  kind: 'record_gap';
  gap: CaptureGap;
}

/** How far something is read, so that it can be gone on with after a restart. */
export interface KeepPlaceCommand {
  kind: 'keep_place';
  pbx: string;
  /** Whose place: an instance may read a file that others do not have. */
  reader: string;
  /** Means something to the reader alone. */
  place: string;
}

export interface CaptureGap {
  pbx: string;
  instance: string;
  from: EpochSeconds;
  /** Null while it lasts. */
  to: EpochSeconds | null;
  /** A short code. */
  reason: string;
  /** Whether all that happened in it is known by now; null: not yet decided. */
  isFilled: boolean | null;
}

export type RecordedAs =
  /** A new row. */
  | 'created'
  /** A new row, closed at once: the customer has been reached since. */
  | 'created_closed'
  /** One more miss of a row that is open. */
  | 'counted'
  /** No row, as nobody can be called back, or wants to be: counted. */
  | Unlisted
  /** Rows were completed. */
  | 'cleared'
  /** Somebody holds the row, whose history tells it now. */
  | 'left_alone'
  /** Nothing in the list is about it. */
  | 'nothing'
  /** Known already. */
  | 'double'
  | 'own_attempt'
  | 'too_old'
  /** What is no call was kept. */
  | 'kept';
