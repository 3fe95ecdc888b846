import type { DialBegan, DialEnded, EventTime, LegEvent } from './leg-event.ts';
import { createRecentIds } from './recent-ids.ts';

type Dial = DialBegan | DialEnded;

/** What the house's own legs dial, from any phone. */
export interface OutboundDials {
  /** @returns the dial, with all forms of its number, when the event says that it was answered */
  take(event: LegEvent): DialEnded | undefined;
  /** Whether the dial leads to somebody outside. To be asked once the legs of that moment have all been heard. */
  isOutside(dial: Dial): boolean;
  /** Dials that ring or talk at this moment. */
  current(): Iterable<Dial>;
  /** Forgets the dials of legs that are not up; `at` is when the dial was heard of last. */
  keep(isUp: (legId: string, at: EventTime) => boolean): void;
  lost(): number;
}

export interface OutboundDialsOptions {
  isStrangersCall: (callId: string) => boolean;
  isStrangersLeg: (legId: string) => boolean;
  /** Dials remembered at most. */
  most: number;
}

export function createOutboundDials({ isStrangersCall, isStrangersLeg, most }: OutboundDialsOptions): OutboundDials {
  /** Legs towards the outside, which are known to be that since they began. */
  const outgoing = createRecentIds(most);
  /** By the leg that dials. */
  const dials = new Map<string, Dial>();
  let lost = 0;

  function takeDial(event: Dial): DialEnded | undefined {
    const before = dials.get(event.legId);
    const isSame = before?.toLegId === event.toLegId;
    if (event.type === 'dial_ended' && event.result !== 'answered') {
      if (isSame) dials.delete(event.legId);
      return undefined;
    }
    // The end of a dial does not tell every form of the number that its beginning told.
    const dial = { ...event, numbers: [...new Set([...(isSame ? before.numbers : []), ...event.numbers])] };
    if (before === undefined && dials.size >= most) giveUpOldest();
    dials.set(event.legId, dial);
    return dial.type === 'dial_ended' ? dial : undefined;
  }

  function giveUpOldest(): void {
    const [oldest] = dials.keys();
    if (oldest !== undefined && dials.delete(oldest)) lost += 1;
  }

  return {
    take(event) {
      if (event.type === 'began' && event.direction === 'outbound') outgoing.add(event.legId);
      if (event.type === 'hung_up') dials.delete(event.legId);
      return 'toLegId' in event ? takeDial(event) : undefined;
    },
    // Within a stranger's call the house rings its own phones; and a PBX that calls itself reaches nobody outside.
    isOutside: (dial) =>
      !isStrangersCall(dial.callId) &&
      (outgoing.has(dial.toLegId) || (!dial.isTowardsInbound && !isStrangersLeg(dial.toLegId))),
    current: () => dials.values(),
    keep(isUp) {
      for (const [legId, { at }] of dials) if (!isUp(legId, at)) dials.delete(legId);
    },
    lost: () => lost,
  };
}
