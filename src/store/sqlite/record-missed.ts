import { type Call, OPEN_STATUSES } from '../../core/call.ts';
import type { RecordedAs, RecordMissedCommand } from '../../core/capture-command.ts';
import type { MissTarget } from '../../core/miss-target.ts';
import { countMiss, missedItem, missedItemBegan, reach } from '../../core/missed-item.ts';
import { reversed } from '../../core/search-text.ts';
import { isOwnChannel } from './capture-records.ts';
import type { Connection } from './connection.ts';
import { isDoNotCall } from './do-not-call.ts';
import { nextId } from './insert-calls.ts';
import { literals } from './literals.ts';
import { findCall } from './read-calls.ts';
import { forgetOldLegs, isNewLeg, isSeen, isTooOld } from './seen-legs.ts';
import { type Writing, writeChange, writeCreation } from './writing.ts';

/** What became of it, and the calls that were changed. */
export interface Recorded {
  as: RecordedAs;
  calls: Call[];
}

/** One miss into the list, at most once for each leg, whoever tells of it and how often. */
export function recordMissed(writing: Writing, { miss, unlisted, target }: RecordMissedCommand): Recorded {
  const { pbx, legId, number, endedAt } = miss;
  if (isTooOld(writing, pbx, endedAt)) return { as: 'too_old', calls: [] };
  if (isOwnChannel(writing.connection, legId)) return { as: 'own_attempt', calls: [] };
  forgetOldLegs(writing);
  if (!isNewLeg(writing, { pbx, legId, verdict: 'missed', at: endedAt })) return { as: 'double', calls: [] };
  // Another instance has seen who answered, where this one only saw that the leg was gone.
  if (isSeen(writing, { pbx, legId, verdict: 'reached' })) return { as: 'double', calls: [] };
  if (number === null) {
    const why = unlisted ?? 'withheld';
    countUnlisted(writing, target.projectId, why, endedAt);
    return { as: why, calls: [] };
  }
  return putIntoList(writing, { ...miss, number }, target);
}

function putIntoList(writing: Writing, miss: Parameters<typeof missedItem>[1], target: MissTarget): Recorded {
  const { connection, derivation, now } = writing;
  const made = missedItem(nextId(connection), miss, target, now);
  const derived = derivation.derive(made);
  // Neither a row nor one more in an open one: an agent who finds it waiting longest would call.
  if (isDoNotCall(writing, made.projectId, derived.callerNumber)) {
    countUnlisted(writing, made.projectId, 'do_not_call', miss.endedAt);
    return { as: 'do_not_call', calls: [] };
  }
  const open = openItem(connection, made.projectId, derived.callerNumber);
  if (open !== undefined) {
    const change = countMiss(open, miss, now);
    writeChange(writing, open, change);
    return { as: 'counted', calls: [change.call] };
  }
  const isTooMany =
    made.outboundType === 'auto' && autoOfLastMinute(writing, target.projectId) >= target.mostAutoPerMinute;
  const fresh: Call = isTooMany ? { ...made, outboundType: 'manual' } : made;
  const manualBecause = isTooMany ? 'too_many' : target.manualBecause;
  const json = isTooMany ? derivation.derive(fresh).json : derived.json;
  writeCreation(writing, fresh, missedItemBegan(miss, { ...target, manualBecause }), { ...derived, json });
  const since = reachedAfter(connection, fresh.projectId, derived.callerNumber, miss.endedAt);
  const decision = since && reach(fresh, since, now);
  if (decision?.kind !== 'change') return { as: 'created', calls: [fresh] };
  writeChange(writing, fresh, decision);
  return { as: 'created_closed', calls: [decision.call] };
}

const SELECT_OPEN = `SELECT id FROM calls INDEXED BY calls_missed_open WHERE project_id = ? AND caller_number_reversed = ?
  AND source = 'missed_call' AND status IN (${literals(OPEN_STATUSES)})`;

/** The open missed call of a number; there can be only one. @param number normalised */
export function openItem(connection: Connection, projectId: number, number: string): Call | undefined {
  const id = connection.value(SELECT_OPEN, [projectId, reversed(number)]) as number | null;
  return id === null ? undefined : findCall(connection, id);
}

/** A flood of strangers is not to become a flood of calls. */
function autoOfLastMinute({ connection, now }: Writing, projectId: number): number {
  return connection.value(
    `SELECT count(*) FROM calls INDEXED BY calls_by_created_at WHERE created_at > ? AND project_id = ?
      AND source = 'missed_call' AND outbound_type = 'auto'`,
    [now - 60, projectId],
  ) as number;
}

/** In the same second the customer may have called again after being reached: then the call stays in the list. */
function reachedAfter(connection: Connection, projectId: number, number: string, missedAt: number) {
  const row = connection.get('SELECT at, how FROM last_reached WHERE project_id = ? AND number = ? AND at > ?', [
    projectId,
    number,
    missedAt,
  ]);
  return row && { at: row[0] as number, how: row[1] as 'inbound' | 'outbound' };
}

function countUnlisted({ connection }: Writing, projectId: number, why: string, at: number): void {
  connection.run(
    `INSERT INTO unlisted_misses (project_id, why, hour, count, last_at) VALUES (?1, ?2, ?3, 1, ?4)
      ON CONFLICT DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at)`,
    [projectId, why, at - (at % 3600), at],
  );
}
