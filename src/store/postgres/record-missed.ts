import type { Call } from '../../core/call.ts';
import { LEGS_KEPT_SECONDS, type RecordedAs, type RecordMissedCommand } from '../../core/capture-command.ts';
import type { MissTarget } from '../../core/miss-target.ts';
import { countMiss, missedItem, missedItemBegan, reach } from '../../core/missed-item.ts';
import { reversed } from '../../core/search-text.ts';
import { isDoNotCall } from './do-not-call.ts';
import { type Writing, writeChange, writeCreation } from './writing.ts';

/** What became of it, and the calls that were changed. */
export interface Recorded {
  as: RecordedAs;
  calls: Call[];
}

/** One miss into the list, at most once for each leg, whoever tells of it and how often. */
export function recordMissed(writing: Writing, { miss, unlisted, target }: RecordMissedCommand): Recorded {
  const { capture, now } = writing;
  const { pbx, legId, number, endedAt } = miss;
  if (isTooOld(writing, pbx, endedAt)) return { as: 'too_old', calls: [] };
  if (capture.isOwnChannel(legId)) return { as: 'own_attempt', calls: [] };
  if (!capture.isNewLeg({ pbx, legId, verdict: 'missed', at: endedAt, heardAt: now })) {
    return { as: 'double', calls: [] };
  }
  // Another instance has seen who answered, where this one only saw that the leg was gone.
  if (capture.isSeen({ pbx, legId, verdict: 'reached' })) return { as: 'double', calls: [] };
  if (number === null) {
    const why = unlisted ?? 'withheld';
    capture.countUnlisted(target.projectId, why, endedAt);
    return { as: why, calls: [] };
  }
  return putIntoList(writing, { ...miss, number }, target);
}

function putIntoList(writing: Writing, miss: Parameters<typeof missedItem>[1], target: MissTarget): Recorded {
  const { draft, capture, derivation, now } = writing;
  const made = missedItem(draft.nextId(), miss, target, now);
  const { callerNumber } = derivation.derive(made);
  // Neither a row nor one more in an open one: an agent who finds it waiting longest would call.
  if (isDoNotCall(writing, made.projectId, callerNumber)) {
    capture.countUnlisted(made.projectId, 'do_not_call', miss.endedAt);
    return { as: 'do_not_call', calls: [] };
  }
  const open = draft.openItem(made.projectId, reversed(callerNumber));
  if (open !== undefined) {
    const change = countMiss(open, miss, now);
    writeChange(writing, open, change);
    return { as: 'counted', calls: [change.call] };
  }
  const isTooMany =
    made.outboundType === 'auto' && capture.autoOfLastMinute(target.projectId, now) >= target.mostAutoPerMinute;
  const fresh: Call = isTooMany ? { ...made, outboundType: 'manual' } : made;
  const manualBecause = isTooMany ? 'too_many' : target.manualBecause;
  writeCreation(writing, fresh, missedItemBegan(miss, { ...target, manualBecause }), reversed(callerNumber));
  // In the same second the customer may have called again after being reached: then the call stays in the list.
  const last = capture.lastReached(fresh.projectId, callerNumber);
  const decision = last !== undefined && last.at > miss.endedAt ? reach(fresh, last, now) : undefined;
  if (decision?.kind !== 'change') return { as: 'created', calls: [fresh] };
  writeChange(writing, fresh, decision);
  return { as: 'created_closed', calls: [decision.call] };
}

/**
 * Whether the leg may have been forgotten: as when a record is read once more from its beginning. Measured by the clock
 * of the PBX, as far as legs have told it: the callers of a PBX whose clock is wrong by years are missed all the same.
 */
function isTooOld({ capture, now }: Writing, pbx: string, at: number): boolean {
  return at < Math.min(now, capture.newest(pbx) ?? at) - LEGS_KEPT_SECONDS;
}
