import type { MissedCall, Reached, Verdict } from './call-verdict.ts';
import {
  type CallerLeg,
  createCallerLeg,
  endUnseen,
  isInQueue,
  isServed,
  isWaitingInQueue,
  NEVER,
  tellLeg,
  trustPickUp,
  updateLeg,
} from './caller-leg.ts';
import type { EpochSeconds } from './clock.ts';
import type { DialEnded, LegBegan, LegEvent, PresentLeg } from './leg-event.ts';
import { createOutboundDials } from './outbound-dials.ts';
import { createRecentIds } from './recent-ids.ts';
import { isOver, missedCall, type StrangerCall } from './stranger-call.ts';

export interface WaitingCaller {
  legId: string;
  queue: string;
  number: string | null;
  name: string | null;
  since: EpochSeconds;
}

export interface MissedCalls {
  /**
   * Takes in what happened.
   * @param now when it was heard of, in seconds by one's own clock: `at` of the event may come from another
   */
  take(event: LegEvent, now: number): void;
  /**
   * Takes in what a record of the PBX tells afterwards, in the order of the record. It may tell again what was heard
   * already. Legs that it brings up are ended by `resynchronise`, as a record of queues knows of no hang-up.
   */
  recall(event: LegEvent, now: number): void;
  /** What is certain by now; to be asked several times a second, each verdict is given once. */
  tick(now: number): Verdict[];
  /** After an absence: what is up now. Legs that are gone have hung up; those not known are taken in. */
  resynchronise(state: PresentState, now: number): void;
  /** Whether it is known and a verdict on it, or that there is none, is still to come. */
  isUndecided(legId: string): boolean;
  waitingCallers(): WaitingCaller[];
  /** Numbers, in any form, that are calling or being talked with at this moment. */
  numbersOnLine(): string[];
  counts(): { legs: number /** Legs and answers given up because there were too many at a time. */; lost: number };
}

export interface PresentState {
  present: readonly PresentLeg[];
  /** Names the PBX and the start of its process: a leg id may come again after a restart. */
  pbx: string;
  /** When the process started; null when it did not tell. */
  pbxStartedAt: EpochSeconds | null;
  /** When the list was asked for, by one's own clock: legs heard of since then need not be in it. */
  askedAt: number;
  /** When the connection was last known to be good; null: never before. */
  lostAt: number | null;
}

export interface MissedCallsOptions {
  /** See `PresentState.pbx`; what it is until the first resynchronisation. */
  pbx: string;
  /** Whether a leg or a call is one of our own attempts. Those are never missed calls. Default: none is. */
  isOwnAttempt?: (id: string) => boolean;
  /** How long late events of other legs are waited for before a verdict; default 0.3. */
  graceSeconds?: number;
  /** Legs remembered at most; default 50,000. What is over it is given up, oldest first, and counted. */
  maxLegs?: number;
}

interface Pending {
  since: number;
  decide: () => Verdict | undefined;
}

/**
 * Tells from the legs of a PBX who was missed and who was reached. It has no clock and does nothing by itself. The order
 * of events matters within a leg only: a verdict waits for a short grace, after which all legs have told their part.
 */
export function createMissedCalls(options: MissedCallsOptions): MissedCalls {
  const { isOwnAttempt = () => false, graceSeconds = 0.3, maxLegs = 50_000 } = options;
  let { pbx } = options;
  const legs = new Map<string, CallerLeg>();
  const calls = new Map<string, StrangerCall>();
  /** Legs that are over, or that were heard to be no stranger's: no record and no list brings them up again. */
  const doneWith = createRecentIds(maxLegs);
  const pastCalls = createRecentIds(maxLegs);
  const dials = createOutboundDials({
    isStrangersCall: (callId) => calls.has(callId) || pastCalls.has(callId),
    isStrangersLeg: (legId) => legs.has(legId),
    most: maxLegs,
  });
  let pending: Pending[] = [];
  /** Verdicts that need no grace. */
  const ready: Verdict[] = [];
  let lost = 0;
  /** Not every user hears when legs are put together: until the first time, a phone that is picked up is an answer. */
  let hearsBridges = false;

  function later(now: number, decide: Pending['decide']): void {
    pending.push({ since: now, decide });
    if (pending.length <= 2 * maxLegs) return;
    pending = pending.slice(maxLegs);
    lost += maxLegs;
  }

  /** @param heardAt as in CallerLeg */
  function begin(event: LegBegan, heardAt: number): CallerLeg {
    if (legs.size >= maxLegs) giveUpOldest();
    const leg = createCallerLeg(event, pbx, heardAt);
    legs.set(leg.legId, leg);
    enterCall(leg);
    return leg;
  }

  function enterCall(leg: CallerLeg): void {
    const call = calls.get(leg.callId);
    if (call === undefined) calls.set(leg.callId, new Map([[leg.legId, leg]]));
    else call.set(leg.legId, leg);
  }

  function leaveCall(leg: CallerLeg): void {
    const call = calls.get(leg.callId);
    call?.delete(leg.legId);
    if (call?.size === 0) calls.delete(leg.callId);
  }

  function giveUpOldest(): void {
    const [oldest] = legs.values();
    if (oldest === undefined) return;
    lost += calls.get(oldest.callId)?.size ?? 0;
    forget(oldest.callId);
  }

  function forget(callId: string): void {
    for (const legId of calls.get(callId)?.keys() ?? []) {
      legs.delete(legId);
      doneWith.add(legId);
    }
    calls.delete(callId);
    pastCalls.add(callId);
  }

  function takeLeg(leg: CallerLeg, event: LegEvent, now: number): void {
    const wasAnswered = leg.answeredAt !== null;
    // An inner leg of the same call, which runs the dialplan, is no phone: what counts is what that leg comes to.
    const isInner = 'toLegId' in event && legs.get(event.toLegId)?.callId === leg.callId;
    if (!isInner) tellLeg(leg, event);
    // A queue tells by itself when an agent is connected.
    if (!hearsBridges && (leg.endedAt !== null || !isInQueue(leg.stay))) trustPickUp(leg);
    if (!wasAnswered && leg.answeredAt !== null) later(now, () => reachedInside(leg));
    if (leg.endedAt !== null) later(now, () => missedIn(leg.callId));
  }

  /** What came of the phones that had been picked up was not heard. */
  function forgetBridges(heardBefore: number, now: number): void {
    hearsBridges = false;
    for (const leg of legs.values()) {
      if (leg.answeredAt !== null || leg.heardAt >= heardBefore) continue;
      trustPickUp(leg);
      if (leg.answeredAt !== null) later(now, () => reachedInside(leg));
    }
  }

  function decideNow(callId: string): void {
    const verdict = missedIn(callId);
    if (verdict !== undefined) ready.push(verdict);
  }

  /** A leg that was only read of is now heard from its beginning; one that was heard before is of a process gone since. */
  function beganAgain(leg: CallerLeg): void {
    const call = calls.get(leg.callId);
    if (leg.heardAt === NEVER) {
      legs.delete(leg.legId);
      leaveCall(leg);
      return;
    }
    for (const other of call?.values() ?? []) endUnseen(other, null);
    decideNow(leg.callId);
  }

  function update(present: PresentLeg, now: number): void {
    const { legId, callId, since: at, caller, did } = present;
    const began: LegBegan = {
      type: 'began',
      legId,
      callId: callId ?? legId,
      at,
      direction: 'inbound',
      isIncoming: true,
      caller,
      did,
    };
    const leg = legs.get(legId) ?? begin(began, now);
    if (callId !== null && callId !== leg.callId && leg.heardAt === NEVER) {
      // A record of queues does not know which legs are of one call.
      leaveCall(leg);
      leg.callId = callId;
      enterCall(leg);
    }
    const wasAnswered = leg.answeredAt !== null;
    updateLeg(leg, present, now);
    if (!wasAnswered && leg.answeredAt !== null) later(now, () => reachedInside(leg));
  }

  function isOwn({ legId, callId }: { legId: string; callId: string }): boolean {
    return isOwnAttempt(legId) || isOwnAttempt(callId);
  }

  function reachedInside(leg: CallerLeg): Reached | undefined {
    const { number, isWithheld } = leg.caller;
    if (number === null || isWithheld || isOwn(leg)) return undefined;
    const { legId, did, queue } = leg;
    const at = Math.floor(leg.answeredAt ?? leg.beganAt);
    return {
      type: 'reached',
      numbers: [number],
      how: 'inbound',
      pbx: leg.pbx,
      legId,
      did,
      queue,
      at,
      isOwnAttempt: false,
    };
  }

  function reachedOutside(dial: DialEnded): Reached | undefined {
    if (dial.numbers.length === 0 || !dials.isOutside(dial)) return undefined;
    const { numbers, legId } = dial;
    const at = Math.floor(dial.at);
    return {
      type: 'reached',
      numbers,
      how: 'outbound',
      pbx,
      legId,
      did: null,
      queue: null,
      at,
      isOwnAttempt: isOwn(dial),
    };
  }

  function missedIn(callId: string): MissedCall | undefined {
    const call = calls.get(callId);
    if (call === undefined || !isOver(call)) return undefined;
    forget(callId);
    return [...call.values()].some(isOwn) ? undefined : missedCall(call);
  }

  return {
    take(event, now) {
      if (event.type === 'bridged') hearsBridges = true;
      const leg = legs.get(event.legId);
      const answered = leg === undefined ? dials.take(event) : undefined;
      if (leg !== undefined && event.type === 'began') {
        beganAgain(leg);
        if (event.direction === 'inbound') begin(event, now);
        return;
      }
      if (leg !== undefined) {
        leg.heardAt = now;
        return takeLeg(leg, event, now);
      }
      if (event.type === 'came_in') begin({ ...event, type: 'began', direction: 'inbound', isIncoming: true }, now);
      else if (event.type === 'began' && event.direction === 'inbound') begin(event, now);
      else if (event.type === 'began' || event.type === 'hung_up') doneWith.add(event.legId);
      else if (answered !== undefined) later(now, () => reachedOutside(answered));
    },

    recall(event, now) {
      const leg = legs.get(event.legId);
      if (leg !== undefined) {
        if (isNews(leg, event)) takeLeg(leg, event, now);
      } else if (event.type === 'began' && event.direction === 'inbound' && !doneWith.has(event.legId))
        begin(event, NEVER);
    },

    tick(now) {
      // A clock that was set back must not keep verdicts waiting.
      const isDue = ({ since }: Pending) => now - since >= graceSeconds || since > now;
      const firstWaiting = pending.findIndex((entry) => !isDue(entry));
      const due = pending.splice(0, firstWaiting === -1 ? pending.length : firstWaiting);
      const decided = due.map(({ decide }) => decide()).filter((verdict) => verdict !== undefined);
      return [...ready.splice(0), ...decided];
    },

    resynchronise({ present, askedAt, lostAt, ...state }, now) {
      const isNewProcess = state.pbx !== pbx;
      pbx = state.pbx;
      if (lostAt !== null) forgetBridges(askedAt, now);
      const up = new Map(present.map((leg) => [leg.legId, leg]));
      const { pbxStartedAt } = state;
      // What was heard before the loss was heard of the old process, whatever the clocks say.
      const isOld = ({ legId, heardAt, beganAt }: CallerLeg) =>
        isNewProcess &&
        // A start is known to two seconds: whoever was read of, and is there, came within them.
        !(heardAt === NEVER && up.has(legId)) &&
        (pbxStartedAt === null ||
          beganAt < pbxStartedAt ||
          (heardAt !== NEVER && (heardAt < pbxStartedAt || (lostAt !== null && heardAt <= lostAt))));
      const isGone = (leg: CallerLeg) => leg.heardAt < askedAt && (isOld(leg) || !up.has(leg.legId));
      const gone = [...legs.values()].filter((leg) => leg.endedAt === null && isGone(leg));
      for (const leg of gone) {
        // It came and went within the new process.
        if (!isOld(leg)) leg.pbx = pbx;
        endUnseen(leg, lostAt);
      }
      for (const { callId } of gone) decideNow(callId);
      if (isNewProcess) {
        doneWith.clear();
        pastCalls.clear();
      }
      for (const leg of legs.values()) if (leg.endedAt === null || leg.heardAt >= askedAt) leg.pbx = pbx;
      dials.keep((legId, at) => up.has(legId) || at >= askedAt);
      for (const leg of present)
        if (legs.has(leg.legId) || (leg.isInbound && !doneWith.has(leg.legId))) update(leg, now);
    },

    isUndecided: (legId) => legs.has(legId),

    waitingCallers: () => [...legs.values()].filter(isWaitingInQueue).map(waitingCaller),

    numbersOnLine() {
      const callers = [...legs.values()].filter(({ endedAt }) => endedAt === null).map(({ caller }) => caller.number);
      const called = [...dials.current()].filter(dials.isOutside).flatMap(({ numbers }) => numbers);
      return [...new Set([...callers.filter((number) => number !== null), ...called])];
    },

    counts: () => ({ legs: legs.size, lost: lost + dials.lost() }),
  };
}

/** Whether a record tells more of a leg than was heard of it: it lags behind, and its times are whole seconds. */
function isNews(leg: CallerLeg, event: LegEvent): boolean {
  // An answer cannot be told too often.
  if (leg.heardAt === NEVER || event.at > leg.lastAt || event.type === 'agent_connected') return true;
  return !isServed(leg) && event.at >= Math.floor(leg.lastAt);
}

function waitingCaller(leg: CallerLeg): WaitingCaller {
  const { number, name, isWithheld } = leg.caller;
  return {
    legId: leg.legId,
    queue: leg.queue ?? '',
    number: isWithheld ? null : number,
    name: isWithheld ? null : name,
    since: Math.floor(leg.queuedAt ?? leg.beganAt),
  };
}
