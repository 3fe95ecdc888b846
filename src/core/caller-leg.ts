import type { MissedKind } from '../../client/src/contract.ts';
import type { Caller, DialBegan, DialEnded, EventTime, LegBegan, LegEvent, PresentLeg } from './leg-event.ts';

/** `heardAt` of legs that are only known from a record. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** Phones rung at a time of which the leg remembers who rang them; queues that ring more are not misread, see below. */
const MOST_RINGING = 200;

/** What became of the caller in one queue, or at the phones rung one after another. */
type Stay =
  | {
      type: 'queue';
      hasJoined: boolean;
      hasLeft: boolean;
      isAbandoned: boolean;
      /** The hang-up was asked for before the queue called it an abandon. */
      isByHangup: boolean;
      ended: 'timeout' | 'empty' | 'full' | null;
    }
  | { type: 'dial'; results: Set<DialEnded['result']> };

/** One leg of a stranger's call, from its first event to its hang-up. */
export interface CallerLeg {
  readonly legId: string;
  callId: string;
  isIncoming: boolean;
  /** The PBX process it belongs to. */
  pbx: string;
  beganAt: EventTime;
  /** When the PBX last spoke of it, by the clock of whoever listened. */
  heardAt: number;
  /** The latest time of its events. */
  lastAt: EventTime;
  caller: Caller;
  /** What the number was at the first queue or dial: later changes are the dialplan's, for the agents' displays. */
  isNumberFixed: boolean;
  did: string | null;
  endedAt: EventTime | null;
  /** See MissedCall. */
  isEndInferred: boolean;
  answeredAt: EventTime | null;
  /**
   * A phone was picked up, which is not yet an answer: an announcement for the agent may come first, or the question
   * whether to take the call, and the caller goes on waiting meanwhile.
   */
  pickedUp: { at: EventTime; legId: string } | null;
  isHangupRequested: boolean;
  /** The last; null when it was neither queued nor dialled out. */
  stay: Stay | null;
  /** The last queue. */
  queue: string | null;
  queuedAt: EventTime | null;
  waitsFrom: EventTime | null;
  waitsUntil: EventTime | null;
  /** Phones ringing, and whether for a queue. */
  readonly ringing: Map<string, boolean>;
  seesDialBegin: boolean;
}

export function createCallerLeg(event: LegBegan, pbx: string, heardAt: number): CallerLeg {
  return {
    legId: event.legId,
    callId: event.callId,
    isIncoming: event.isIncoming,
    pbx,
    beganAt: event.at,
    heardAt,
    lastAt: event.at,
    caller: event.caller,
    isNumberFixed: false,
    did: event.did,
    endedAt: null,
    isEndInferred: false,
    answeredAt: null,
    pickedUp: null,
    isHangupRequested: false,
    stay: null,
    queue: null,
    queuedAt: null,
    waitsFrom: null,
    waitsUntil: null,
    ringing: new Map(),
    seesDialBegin: false,
  };
}

/** Whether it was queued or dialled out: such a leg is the caller among the legs of its call. */
export function isServed(leg: CallerLeg): boolean {
  return leg.stay !== null;
}

export function isWaitingInQueue(leg: CallerLeg): boolean {
  return leg.endedAt === null && leg.answeredAt === null && isInQueue(leg.stay);
}

/** Takes in what an event says of this leg. May be told again what it knows: then nothing changes. */
export function tellLeg(leg: CallerLeg, event: LegEvent): void {
  leg.lastAt = Math.max(leg.lastAt, event.at);
  switch (event.type) {
    case 'came_in':
      leg.isIncoming = true;
      identify(leg, event.caller, event.did);
      return;
    case 'began':
    case 'identified':
      identify(leg, event.caller, event.did);
      return;
    case 'queue_tried':
      // Told again while a key or an operator takes the leg out of the queue, before the queue tells of that itself.
      if (isInQueue(leg.stay) && leg.queue === event.queue) return;
      // A queue that refuses tells nothing else but its reason.
      leg.stay = newStay();
      leg.queue = event.queue;
      return;
    case 'queue_joined': {
      if (isInQueue(leg.stay) && leg.queue === event.queue) return;
      identify(leg, event.caller, event.did);
      leg.stay = { ...newStay(), hasJoined: true };
      leg.queue = event.queue;
      leg.queuedAt = event.at;
      beginWait(leg, event.at);
      return;
    }
    case 'queue_abandoned':
      if (leg.stay?.type !== 'queue' || leg.stay.hasLeft) return;
      leg.stay.isAbandoned = true;
      leg.pickedUp = null;
      leg.stay.isByHangup = leg.isHangupRequested;
      endWait(leg, event.at);
      return;
    case 'queue_left':
      if (leg.stay?.type !== 'queue' || leg.stay.hasLeft) return;
      leg.stay.hasLeft = true;
      endWait(leg, event.at);
      return;
    case 'queue_ended':
      if (leg.stay?.type !== 'queue') leg.stay = newStay();
      if (leg.stay.type === 'queue') leg.stay.ended = event.reason;
      return;
    case 'agent_connected':
      leg.answeredAt ??= event.at;
      return;
    case 'bridged':
      if (leg.pickedUp !== null) leg.answeredAt ??= event.at;
      return;
    case 'dial_began':
      beginDial(leg, event);
      return;
    case 'dial_ended':
      endDial(leg, event);
      return;
    case 'hangup_requested':
      leg.isHangupRequested = true;
      return;
    case 'hung_up':
      leg.endedAt ??= event.at;
  }
}

/** A phone was picked up, and nothing that may still be heard will tell whether that was an answer. */
export function trustPickUp(leg: CallerLeg): void {
  if (leg.pickedUp !== null) leg.answeredAt ??= leg.pickedUp.at;
}

/**
 * Ends a leg that is no longer there although nobody heard it end.
 * @param lostAt when it was last known that nothing is missed; null: never before
 */
export function endUnseen(leg: CallerLeg, lostAt: EventTime | null): void {
  if (leg.endedAt !== null) return;
  leg.isEndInferred = !(leg.stay?.type === 'queue' && leg.stay.isByHangup);
  leg.endedAt = leg.waitsUntil ?? Math.max(leg.lastAt, lostAt ?? 0);
}

/** Brings a leg up to what a list of the present says of it. */
export function updateLeg(leg: CallerLeg, present: PresentLeg, at: EventTime): void {
  const { legId } = leg;
  const { queue, since, caller, did } = present;
  // Some trunks tell the number only after the beginning, which may have been all that was heard.
  identify(leg, caller, did);
  if (leg.heardAt === NEVER) complete(leg, caller);
  if (isInQueue(leg.stay) && leg.queue !== queue) {
    tellLeg(leg, { type: 'queue_abandoned', legId, at });
    tellLeg(leg, { type: 'queue_left', legId, at });
  }
  if (queue !== null) tellLeg(leg, { type: 'queue_joined', legId, at: since, queue, caller, did });
  if (present.isConnected) tellLeg(leg, { type: 'agent_connected', legId, at });
}

/** How a leg that hung up unanswered was missed: what happened last decides. */
export function missedKind({ stay }: CallerLeg): MissedKind {
  if (stay === null) return 'unavailable';
  if (stay.type === 'dial') {
    const { results } = stay;
    // Hung up while it rang, with the end of the dial not told, or picked up and not taken: nobody had answered.
    if (results.has('no_answer') || results.has('answered') || results.size === 0) return 'no_answer';
    return results.has('busy') ? 'busy' : 'unavailable';
  }
  if (stay.ended === 'empty') return 'queue_empty';
  if (stay.ended === 'full') return 'queue_full';
  if (stay.ended === 'timeout') return 'queue_timeout';
  if (stay.isAbandoned) return stay.isByHangup ? 'queue_hangup' : 'queue_timeout';
  if (!stay.hasJoined) return 'unavailable';
  // A key alone makes a caller leave without an abandon. Neither leave nor abandon: hung up where it stood.
  return stay.hasLeft ? 'exit_key' : 'queue_hangup';
}

/** Whole seconds, begun ones not counted: from the first queue or phone to the end of the last, else the whole leg. */
export function waitSeconds(leg: CallerLeg): number {
  const end = leg.endedAt ?? leg.beganAt;
  const waited = (leg.waitsUntil ?? end) - (leg.waitsFrom ?? leg.beganAt);
  return Math.max(0, Math.floor(waited));
}

function newStay(): Extract<Stay, { type: 'queue' }> {
  return { type: 'queue', hasJoined: false, hasLeft: false, isAbandoned: false, isByHangup: false, ended: null };
}

export function isInQueue(stay: Stay | null): boolean {
  return stay?.type === 'queue' && stay.hasJoined && !stay.hasLeft;
}

function identify(leg: CallerLeg, caller: Caller, did: string | null): void {
  leg.did ??= did;
  if (leg.isNumberFixed) return;
  leg.caller = {
    number: caller.number ?? leg.caller.number,
    name: caller.name ?? leg.caller.name,
    isWithheld: caller.isWithheld || leg.caller.isWithheld,
  };
}

/** A record of queues knows neither names nor whether a number is withheld. */
function complete(leg: CallerLeg, { number, name, isWithheld }: Caller): void {
  if (number !== leg.caller.number) return;
  leg.caller = { number, name: leg.caller.name ?? name, isWithheld: leg.caller.isWithheld || isWithheld };
}

function beginWait(leg: CallerLeg, at: EventTime): void {
  leg.isNumberFixed = true;
  leg.waitsFrom ??= at;
  leg.waitsUntil = null;
}

function endWait(leg: CallerLeg, at: EventTime): void {
  leg.waitsUntil = at;
}

function beginDial(leg: CallerLeg, event: DialBegan): void {
  const isForQueue = isInQueue(leg.stay);
  leg.seesDialBegin = true;
  if (leg.ringing.size < MOST_RINGING) leg.ringing.set(event.toLegId, isForQueue);
  if (isForQueue) return;
  if (leg.stay?.type !== 'dial') leg.stay = { type: 'dial', results: new Set() };
  beginWait(leg, event.at);
}

function endDial(leg: CallerLeg, event: DialEnded): void {
  if (event.result === 'answered') leg.pickedUp = { at: event.at, legId: event.toLegId };
  else if (leg.pickedUp?.legId === event.toLegId) leg.pickedUp = null;
  const isForQueue = leg.ringing.get(event.toLegId) ?? isInQueue(leg.stay);
  const hasBegun = leg.ringing.delete(event.toLegId);
  // The end of a phone's ringing may be told twice, the second time as a cancel: the first counts.
  if (isForQueue || (leg.seesDialBegin && !hasBegun)) return;
  if (leg.stay?.type !== 'dial') {
    // Where an event filter holds back the beginnings.
    leg.stay = { type: 'dial', results: new Set() };
    beginWait(leg, event.at);
  }
  if (leg.stay.type === 'dial') leg.stay.results.add(event.result);
  endWait(leg, event.at);
}
