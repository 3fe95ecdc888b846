import type { MissedKind } from '../../client/src/contract.ts';
import type { EpochSeconds } from './clock.ts';

/** What watching a PBX comes to. */
export type Verdict = MissedCall | Reached;

/** A stranger called and nobody answered. */
export interface MissedCall {
  type: 'missed';
  /** With the leg the identity of the call: every witness of it names the same two. */
  pbx: string;
  legId: string;
  /** In the form in which the trunk delivered it; null when it is withheld. */
  number: string | null;
  name: string | null;
  did: string | null;
  kind: MissedKind;
  /** The last queue it waited in or was refused by. */
  queue: string | null;
  waitSeconds: number;
  beganAt: EpochSeconds;
  endedAt: EpochSeconds;
  /** Nobody saw it end: it was there before the connection was lost and no longer after. */
  isInferred: boolean;
}

/** Somebody of the house has spoken with this number. */
export interface Reached {
  type: 'reached';
  /** One; or of an outbound call every form in which the dialled number showed, the real one among them. */
  numbers: readonly string[];
  how: 'inbound' | 'outbound';
  pbx: string;
  legId: string;
  /** Of an inbound call. */
  did: string | null;
  queue: string | null;
  at: EpochSeconds;
  /** The dialler's own doing, whose outcome it knows already. */
  isOwnAttempt: boolean;
}
