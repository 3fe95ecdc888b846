import type { CaptureGap, Unlisted } from './capture-command.ts';
import type { EpochSeconds } from './clock.ts';

/** What the core needs from storage to tell how the PBX was watched. Written by capture-command.ts. */
export interface CaptureRecords {
  /** Those that lasted at `since` or began later, newest first. */
  captureGaps(question: { since: EpochSeconds; limit: number }): Promise<CaptureGap[]>;
  /** Missed calls without a row, of the hours from that of `since` on. @param projectIds null: all */
  unlistedMisses(question: UnlistedQuestion): Promise<UnlistedMisses[]>;
  /** The place kept last; undefined: none was. */
  keptPlace(pbx: string, reader: string): Promise<string | undefined>;
  /** Whether it is a channel of one of our own attempts. */
  isOwnChannel(channelId: string): Promise<boolean>;
}

export interface UnlistedQuestion {
  since: EpochSeconds;
  projectIds: readonly number[] | null;
}

export interface UnlistedMisses {
  projectId: number;
  why: Unlisted;
  count: number;
  lastAt: EpochSeconds;
}
