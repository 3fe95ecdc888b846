import type { CallStats, FeedPage, HistoryEntry } from './call-command.ts';
import type { CallFilter, Moment } from './call-filter.ts';

/** What the core needs from storage to tell what happened. */
export interface CallJournal {
  /** A call's history, oldest first; undefined when there is no such call in these projects (null: all). */
  history(callId: number, projectIds: readonly number[] | null): Promise<HistoryEntry[] | undefined>;
  /** What changed after `since`, in order of change, as of one moment. */
  changes(question: FeedQuestion): Promise<FeedPage>;
  /** The number of the newest change; 0 when there was none. */
  lastSequence(): Promise<number>;
  /**
   * Calls `listener` soon after something was committed, by this process or another; perhaps once for many commits.
   * @returns stops it
   */
  onChange(listener: () => void): () => void;
  stats(filter: CallFilter, moment: Moment): Promise<CallStats>;
}

export interface FeedQuestion {
  since: number;
  /** 1 to 1000 */
  limit: number;
  /** Entries of calls outside these projects are left out; null: all. */
  projectIds: readonly number[] | null;
  /** Does not leave entries out; each says whether its call matches. */
  filter: CallFilter;
  moment: Moment;
}
