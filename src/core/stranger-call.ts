import type { MissedCall } from './call-verdict.ts';
import { type CallerLeg, isServed, missedKind, waitSeconds } from './caller-leg.ts';

/** The legs of one call that came in from outside, by their ids. */
export type StrangerCall = Map<string, CallerLeg>;

/** Legs that only ring, the inner ends of a call, need not be over. */
export function isOver(call: StrangerCall): boolean {
  const all = [...call.values()];
  const callers = all.filter((leg) => leg.isIncoming || isServed(leg));
  return (callers.length === 0 ? all : callers).every(({ endedAt }) => endedAt !== null);
}

/** How it was missed; undefined when somebody answered, or none of its legs is a caller. */
export function missedCall(call: StrangerCall): MissedCall | undefined {
  const legs = [...call.values()];
  const leg = callerOf(legs);
  if (leg === undefined || legs.some(({ answeredAt }) => answeredAt !== null)) return undefined;
  const { number, name, isWithheld } = leg.caller;
  return {
    type: 'missed',
    pbx: leg.pbx,
    legId: leg.legId,
    number: isWithheld ? null : number,
    name: isWithheld ? null : name,
    did: leg.did ?? legs.find(({ did }) => did !== null)?.did ?? null,
    kind: missedKind(leg),
    queue: leg.queue,
    waitSeconds: waitSeconds(leg),
    beganAt: Math.floor(leg.beganAt),
    endedAt: Math.floor(leg.endedAt ?? leg.beganAt),
    isInferred: leg.isEndInferred,
  };
}

/** The leg that was queued or dialled out; where none was, the one that came in. The first, if there are several. */
function callerOf(legs: readonly CallerLeg[]): CallerLeg | undefined {
  const served = legs.filter(isServed);
  const candidates = served.length > 0 ? served : legs.filter(({ isIncoming }) => isIncoming);
  return candidates.sort((a, b) => a.beganAt - b.beganAt || (a.legId < b.legId ? -1 : 1))[0];
}
