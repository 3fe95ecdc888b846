import type { EpochSeconds } from './clock.ts';
import type { WaitingCaller } from './missed-calls.ts';

/** What the core needs from a PBX. */
export interface Pbx {
  /** Whether there is a connection whose state can be trusted: it is up, and what went on meanwhile has been read. */
  isConnected(): boolean;
  /** What is known of it at this moment; undefined: the installation has none. */
  status(): PbxStatus | undefined;
}

export interface PbxStatus {
  /**
   * `catching_up`: connected, but what went on before is still being read. `up`: nothing stands between it and us.
   * `waiting`: until the next attempt to connect.
   */
  phase: 'connecting' | 'authenticating' | 'booting' | 'catching_up' | 'up' | 'waiting' | 'stopped';
  /** When that phase began. */
  since: EpochSeconds;
  /** `host:port` of the PBX; neither user nor secret. */
  address: string;
  /** The name under which calls of this PBX and of this run of it are kept; undefined before the first connection. */
  pbx: string | undefined;
  /** As the PBX names them; undefined when it was never reached, or does not tell. */
  version: string | undefined;
  systemName: string | undefined;
  startedAt: EpochSeconds | undefined;
  lastEventAt: EpochSeconds | undefined;
  /** Events read since this process began. */
  events: number;
  /** Why the connection was last lost or not made. */
  lastFailure: { at: EpochSeconds; reason: string } | undefined;
  /** Events that wait to be understood, and messages passed over because they were too long. */
  queued: number;
  dropped: number;
  /** Callers' legs that are watched, and those given up because there were too many at a time. */
  legs: number;
  lost: number;
  waitingCallers: readonly WaitingCaller[];
  /** Numbers, in any form, that are calling or being talked with. */
  numbersOnLine: readonly string[];
  /** Contexts in which calls began that nobody of the house ordered, and how many of each; the commonest first, at most 50. */
  contextsSeen: readonly { context: string; calls: number; isInbound: boolean }[];
  queueLog: QueueLogStatus | undefined;
}

/** How the PBX's record of its queues is read; undefined where the settings name none. */
export interface QueueLogStatus {
  /** A path, or the host and table of a database; no password. */
  place: string;
  /** Everything that stands in it has been read. */
  isAtEnd: boolean;
  /** Of the last line read. */
  lastAt: EpochSeconds | undefined;
  /** Why it could not be read the last time; undefined: it could. */
  failure: { at: EpochSeconds; reason: string } | undefined;
}

/** An installation without a PBX: a list that people work off by hand. */
export const noPbx: Pbx = { isConnected: () => false, status: () => undefined };
