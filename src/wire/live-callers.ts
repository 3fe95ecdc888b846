import type { LiveCaller } from '../../client/src/contract.ts';
import { OPEN_STATUSES } from '../core/call.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { WaitingCaller } from '../core/missed-calls.ts';
import { normalizeNumber, numberCandidates } from '../core/phone-number.ts';
import type { Projects } from '../core/project.ts';
import { type RowStyle, timeOf } from './row.ts';

/** More than people read. So many, each with an open call, take 26 ms: to read the call and understand two numbers. */
export const MOST_CALLERS = 500;
/** Open calls that are looked at to find those of the callers; numbers with many may leave others without theirs. */
const MOST_CALLS = 500;

/**
 * Who waits in a queue, longest first, each with the oldest open call to that number. Which project a waiting caller
 * belongs to is not known: a queue may serve several, and the number that was dialled is not told of it. So only who may
 * see all projects may see them.
 */
export async function liveCallers(
  waiting: readonly WaitingCaller[],
  { queue, projects }: { queue: CallQueue; projects: Projects },
  style: RowStyle,
): Promise<LiveCaller[]> {
  const callers = waiting.toSorted((a, b) => a.since - b.since).slice(0, MOST_CALLERS);
  const countries = new Set([...projects.values()].map(({ country }) => country));
  const forms = callers.map(({ number }) => (number === null ? [] : numberCandidates(number, countries)));
  const callIds = await openCalls([...new Set(forms.flat())], { queue, projects });
  const { now } = queue.moment();
  return callers.map(({ number, name, queue: queueName, since }, index) => ({
    number,
    name,
    queue: queueName,
    since: timeOf(since, style),
    waited_seconds: Math.max(0, now - since),
    call_id: least((forms[index] ?? []).map((form) => callIds.get(form))),
  }));
}

/** The oldest open call to each number, by its normalised form. */
async function openCalls(
  numbers: readonly string[],
  { queue, projects }: { queue: CallQueue; projects: Projects },
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  if (numbers.length === 0) return found;
  const filter = { callerNumbers: numbers, statuses: OPEN_STATUSES };
  const { calls } = await queue.readCalls({ filter, sort: 'id', limit: MOST_CALLS, at: { page: 1 } });
  for (const { id, callerId, projectId } of calls) {
    const number = normalizeNumber(callerId, projects.get(projectId)?.country);
    if (!found.has(number)) found.set(number, id);
  }
  return found;
}

function least(ids: readonly (number | undefined)[]): number | null {
  return ids.reduce<number | null>((low, id) => (id === undefined || (low !== null && low < id) ? low : id), null);
}
