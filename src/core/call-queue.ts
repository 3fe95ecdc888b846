import type { Call } from './call.ts';
import type { CallStats, Command, CommandContext, CommandResult, FeedPage, HistoryEntry } from './call-command.ts';
import type { CallFilter, CallQuery, Moment } from './call-filter.ts';
import type { CallJournal, FeedQuestion } from './call-journal.ts';
import type { CallPage, CallStore, RenderedPage } from './call-store.ts';
import type { CallWriter } from './call-writer.ts';
import type { CaptureGap } from './capture-command.ts';
import type { CaptureRecords, UnlistedMisses, UnlistedQuestion } from './capture-records.ts';
import type { Clock } from './clock.ts';
import type { DoNotCallList, DoNotCallPage, DoNotCallQuestion } from './do-not-call.ts';
import type { Pbx, PbxStatus } from './pbx.ts';
import { GAPS_TOLD_SECONDS } from './recent-gaps.ts';

/** One question to the queue; the moment it is asked for is added here. */
export type CallQuestion = Omit<CallQuery, 'moment'>;

/** Calls, and the moment that `due` and `waiting_for` were judged at. */
export interface CallsOfAMoment extends CallPage {
  moment: Moment;
}

/** What a command did, and the moment it was decided at. */
export interface ResultOfAMoment extends CommandResult {
  moment: Moment;
}

/** A page of the change feed, and the moment it was read at. */
export interface FeedOfAMoment extends FeedPage {
  moment: Moment;
}

/** Everything that can be asked of the queue or done to it. */
export interface CallQueue {
  /** A page as the API shows it by default, ready to be sent. */
  readRendered(question: CallQuestion): Promise<RenderedPage>;
  /** The same calls, for any other shape. */
  readCalls(question: CallQuestion): Promise<CallsOfAMoment>;
  /** All matching calls in order of id, in batches, as of one moment. */
  streamCalls(filter: CallFilter): AsyncIterable<readonly Call[]>;
  /**
   * Carries a command out, whole or not at all; durable when the answer comes.
   * @throws StoreUnavailableError
   */
  execute(command: Command, context: Omit<CommandContext, 'moment'>): Promise<ResultOfAMoment>;
  /** A call's history, oldest first; undefined when there is no such call in these projects (null: all). */
  history(callId: number, projectIds: readonly number[] | null): Promise<HistoryEntry[] | undefined>;
  /** What changed after `since`, in order of change. */
  changes(question: Omit<FeedQuestion, 'moment'>): Promise<FeedOfAMoment>;
  /** The number of the newest change; 0 when there was none. */
  lastSequence(): Promise<number>;
  /** Calls `listener` soon after something was committed, perhaps once for many commits. Answers what stops it. */
  onChange(listener: () => void): () => void;
  stats(filter: CallFilter): Promise<CallStats>;
  /** The moment that a question asked now is judged at. */
  moment(): Moment;
  /** What is known of the PBX at this moment; undefined: the installation has none. */
  pbxStatus(): PbxStatus | undefined;
  /** When the PBX was not heard within the last seven days (`GAPS_TOLD_SECONDS`), newest first. */
  recentGaps(limit: number): Promise<CaptureGap[]>;
  /** Missed calls without a row, of the hours from that of `since` on. */
  unlistedMisses(question: UnlistedQuestion): Promise<UnlistedMisses[]>;
  /** Who is not to be called at this moment, newest entries first. */
  doNotCall(question: Omit<DoNotCallQuestion, 'now'>): Promise<DoNotCallPage>;
}

export interface CallQueueParts {
  store: CallStore & CallWriter & CallJournal & CaptureRecords & DoNotCallList;
  clock: Clock;
  pbx: Pbx;
}

export function createCallQueue({ store, clock, pbx }: CallQueueParts): CallQueue {
  const moment = (): Moment => ({ now: clock.now(), pbxConnected: pbx.isConnected() });

  return {
    readRendered: (question) => store.readRendered({ ...question, moment: moment() }),
    async readCalls(question) {
      const asked = { ...question, moment: moment() };
      return { ...(await store.readCalls(asked)), moment: asked.moment };
    },
    streamCalls: (filter) => store.streamCalls(filter, moment()),
    async execute(command, context) {
      const asked = { ...context, moment: moment() };
      return { ...(await store.execute(command, asked)), moment: asked.moment };
    },
    history: (callId, projectIds) => store.history(callId, projectIds),
    async changes(question) {
      const asked = { ...question, moment: moment() };
      return { ...(await store.changes(asked)), moment: asked.moment };
    },
    lastSequence: () => store.lastSequence(),
    onChange: (listener) => store.onChange(listener),
    stats: (filter) => store.stats(filter, moment()),
    moment,
    pbxStatus: () => pbx.status(),
    recentGaps: (limit) => store.captureGaps({ since: clock.now() - GAPS_TOLD_SECONDS, limit }),
    unlistedMisses: (question) => store.unlistedMisses(question),
    doNotCall: (question) => store.doNotCall({ ...question, now: clock.now() }),
  };
}
