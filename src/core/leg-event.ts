import type { EpochSeconds } from './clock.ts';

/**
 * What a PBX tells of its calls, in words that belong to no PBX. A leg is one channel from its beginning to its
 * hang-up; legs that came out of one another share a call.
 */

/** Seconds since the epoch with fractions: events of one call are milliseconds apart. */
export type EventTime = number;

/** Who is at the other end, as far as an event says it. */
export interface Caller {
  /** As the trunk delivered it, in any form; null: not told (yet). */
  number: string | null;
  name: string | null;
  /** The network says that the number is not to be shown, whether or not it delivered it. */
  isWithheld: boolean;
}

interface LegFact {
  legId: string;
  at: EventTime;
}

export interface LegBegan extends LegFact {
  type: 'began';
  callId: string;
  /**
   * `inbound`: where the calls of strangers begin. `outbound`: a leg towards the outside that the PBX itself makes.
   * `internal`: everything else.
   */
  direction: 'inbound' | 'outbound' | 'internal';
  /** Whether it came in by itself, rather than being rung by another leg or by an order to dial. */
  isIncoming: boolean;
  caller: Caller;
  /** The number that was dialled. */
  did: string | null;
}

/** A leg that comes in by itself, told when that shows later than at its beginning. */
export interface LegCameIn extends LegFact {
  type: 'came_in';
  callId: string;
  caller: Caller;
  did: string | null;
}

/** More became known of who calls or what was dialled; null members say nothing new. */
export interface LegIdentified extends LegFact {
  type: 'identified';
  caller: Caller;
  did: string | null;
}

/** The dialplan is about to queue the leg; the queue may still refuse it. */
export interface QueueTried extends LegFact {
  type: 'queue_tried';
  queue: string;
}

export interface QueueJoined extends LegFact {
  type: 'queue_joined';
  queue: string;
  caller: Caller;
  did: string | null;
}

/** Without an answer, and not by a key; it does not mean that the caller hung up. */
export interface QueueAbandoned extends LegFact {
  type: 'queue_abandoned';
}

/** In whatever way; an answer is told after it. */
export interface QueueLeft extends LegFact {
  type: 'queue_left';
}

/** The queue itself says why it took the leg no longer, or not at all. */
export interface QueueEnded extends LegFact {
  type: 'queue_ended';
  reason: 'timeout' | 'empty' | 'full';
}

export interface AgentConnected extends LegFact {
  type: 'agent_connected';
}

/** Put together with somebody. What comes behind an answer, unless the answer was no more than a telephone picked up. */
export interface LegBridged extends LegFact {
  type: 'bridged';
}

interface Dial extends LegFact {
  callId: string;
  /** The leg that is rung. */
  toLegId: string;
  /** The leg rung begins where the calls of strangers begin: the PBX calls itself. */
  isTowardsInbound: boolean;
  /** Every form in which the dialled number shows; the real one is among them. */
  numbers: readonly string[];
}

export interface DialBegan extends Dial {
  type: 'dial_began';
}

export interface DialEnded extends Dial {
  type: 'dial_ended';
  /**
   * Of one leg that was rung; `no_answer` also when the caller gave up or somebody declined, and behind `answered` when
   * whoever had picked up did not take the call.
   */
  result: 'answered' | 'no_answer' | 'busy' | 'unavailable';
}

/** The far end wants to end the leg: what tells a caller who gives up from a queue that does. */
export interface HangupRequested extends LegFact {
  type: 'hangup_requested';
}

export interface HungUp extends LegFact {
  type: 'hung_up';
}

export type LegEvent =
  | LegBegan
  | LegCameIn
  | LegIdentified
  | QueueTried
  | QueueJoined
  | QueueAbandoned
  | QueueLeft
  | QueueEnded
  | AgentConnected
  | LegBridged
  | DialBegan
  | DialEnded
  | HangupRequested
  | HungUp;

/** A leg that is up at this moment, as a PBX lists it. */
export interface PresentLeg {
  legId: string;
  /** Null when the list does not say; then the leg is a call of its own. */
  callId: string | null;
  /** A stranger's call as far as can be seen: it waits in a queue, or is where such calls begin. */
  isInbound: boolean;
  /** Talks with somebody. */
  isConnected: boolean;
  /** Waits in this queue, since `since`. */
  queue: string | null;
  since: EpochSeconds;
  caller: Caller;
  did: string | null;
}
