import type { Call } from '../../core/call.ts';
import type { RecordReachedCommand } from '../../core/capture-command.ts';
import { reach } from '../../core/missed-item.ts';
import { reversed } from '../../core/search-text.ts';
import type { Recorded } from './record-missed.ts';
import { type Writing, writeChange } from './writing.ts';

/** Somebody has spoken with a customer: what is open about them is done with, once for each leg. */
export function recordReached(writing: Writing, { reached, among }: RecordReachedCommand): Recorded {
  const { draft, capture, now } = writing;
  const { pbx, legId, at, how } = reached;
  if (!capture.isNewLeg({ pbx, legId, verdict: 'reached', at, heardAt: now })) return { as: 'double', calls: [] };
  const calls: Call[] = [];
  for (const { projectId, numbers } of among) {
    for (const number of numbers) {
      // For misses before it that are told later.
      capture.remember({ projectId, number, at, how, heardAt: now });
      const item = draft.openItem(projectId, reversed(number));
      const decision = item && reach(item, reached, now);
      if (item === undefined || decision?.kind !== 'change') continue;
      writeChange(writing, item, decision);
      calls.push(decision.call);
    }
  }
  const isCleared = calls.some(({ status }) => status === 'completed');
  return { as: isCleared ? 'cleared' : calls.length > 0 ? 'left_alone' : 'nothing', calls };
}
