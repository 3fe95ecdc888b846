import type { EpochSeconds } from '../../core/clock.ts';
import type { AmiIdentity } from './ami-identity.ts';

/** `booting`: logged in, but the PBX is not ready. `waiting`: until the next attempt to connect. */
export type AmiPhase = 'stopped' | 'connecting' | 'authenticating' | 'booting' | 'up' | 'waiting';

/** What can be seen of a connection at any moment. */
export interface AmiState {
  phase: AmiPhase;
  /** When that phase began. */
  since: EpochSeconds;
  /** The PBX last connected to. */
  identity: AmiIdentity | undefined;
  lastEventAt: EpochSeconds | undefined;
  /** When anything was last read, answers to Pings as well; before that, when the connection was made. */
  heardAt: EpochSeconds;
  /** Why the connection was last lost or not made; never holds the secret. */
  lastFailure: { at: EpochSeconds; reason: string } | undefined;
  /** Signals that wait to be delivered. */
  queued: number;
  /** Messages passed over because they were longer than allowed, over all connections. */
  dropped: number;
}
