import type { Call } from '../../core/call.ts';
import type { RecordReachedCommand } from '../../core/capture-command.ts';
import { reach } from '../../core/missed-item.ts';
import { openItem, type Recorded } from './record-missed.ts';
import { forgetOldLegs, isNewLeg } from './seen-legs.ts';
import { type Writing, writeChange } from './writing.ts';

/** Somebody has spoken with a customer: what is open about them is done with, once for each leg. */
export function recordReached(writing: Writing, { reached, among }: RecordReachedCommand): Recorded {
  const { pbx, legId, at } = reached;
  forgetOldLegs(writing);
  if (!isNewLeg(writing, { pbx, legId, verdict: 'reached', at })) return { as: 'double', calls: [] };
  const calls: Call[] = [];
  for (const { projectId, numbers } of among) {
    for (const number of numbers) {
      remember(writing, projectId, number, reached);
      const item = openItem(writing.connection, projectId, number);
      const decision = item && reach(item, reached, writing.now);
      if (item === undefined || decision?.kind !== 'change') continue;
      writeChange(writing, item, decision);
      calls.push(decision.call);
    }
  }
  const isCleared = calls.some(({ status }) => status === 'completed');
  return { as: isCleared ? 'cleared' : calls.length > 0 ? 'left_alone' : 'nothing', calls };
}

/** For misses before it that are told later. */
function remember(
  { connection, now }: Writing,
  projectId: number,
  number: string,
  { at, how }: RecordReachedCommand['reached'],
): void {
  connection.run(
    `INSERT INTO last_reached (project_id, number, at, how, heard_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at = excluded.at, how = excluded.how, heard_at = excluded.heard_at
        WHERE excluded.at > at`,
    [projectId, number, at, how, now],
  );
}
