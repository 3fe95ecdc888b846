import type { Command, CommandContext, CommandResult } from './call-command.ts';
import type { EpochSeconds } from './clock.ts';

/** What the core needs from storage to change calls. */
export interface CallWriter {
  /**
   * Carries a command out, whole or not at all: rows, history and change feed in one transaction, durable before the
   * answer comes. Commands that arrive together share one durable commit; one that fails, fails alone.
   * @throws StoreUnavailableError when the database is full, locked for too long or away; nothing was stored then,
   * unless its message says that this is not known.
   */
  execute(command: Command, context: CommandContext): Promise<CommandResult>;
  /** Removes what the settings no longer keep, in small batches; answers how many of each. */
  tidy(limits: TidyLimits): Promise<Tidied>;
}

/** Everything older than these instants goes; undefined: kept for ever. */
export interface TidyLimits {
  historyBefore?: EpochSeconds;
  changesBefore?: EpochSeconds;
  /** Calls closed before this instant, with their history. */
  closedCallsBefore?: EpochSeconds;
  /** Records of repeatable requests whose time is over. */
  repeatsBefore: EpochSeconds;
  /** Entries of the do-not-call list that ended before this instant. */
  doNotCallBefore?: EpochSeconds;
}

export interface Tidied {
  history: number;
  changes: number;
  calls: number;
  repeats: number;
  doNotCall: number;
}
