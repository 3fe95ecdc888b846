import type { Call } from '../../core/call.ts';
import type { ClaimCommand, CommandOutcome, CommandResult } from '../../core/call-command.ts';
import { claim } from '../../core/call-life.ts';
import { NUMBER_LOCK, numberLock } from './advisory-locks.ts';
import { MAY_BE_CALLED } from './do-not-call.ts';
import { type DraftRow, repeatKey } from './draft.ts';
import { type Job, type Known, keepForRepeats, replayOf, writingOf } from './execute-command.ts';
import { expireLeases } from './expire-leases.ts';
import { narrowed } from './find-rows.ts';
import { SELECT_ROW } from './lock-rows.ts';
import { toCall } from './row-columns.ts';
import { arrayOf, type Session } from './session.ts';
import { storeRows } from './store-draft.ts';
import { allOf, type Condition, whereClause } from './where-clause.ts';
import { writeChange } from './writing.ts';

interface Claim {
  job: Job;
  command: ClaimCommand;
  /** Its place among the jobs. */
  place: number;
}

/**
 * Claims the best due manual calls: highest priority, then due longest, then lowest id; never one whose number somebody is
 * working on, in whatever project, or is not to be called. Claims that want the same are served together, first come, first served. A call that
 * another transaction holds at this moment is passed by: it is being claimed there.
 */
export async function claimCalls(session: Session, known: Known, jobs: readonly Job[]): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  let left = [...jobs.entries()];
  // A repeat of what is being carried out waits for its outcome.
  while (left.length > 0) {
    const keys = new Set<string>();
    const isFirst = ({ context: { repeat } }: Job) => {
      if (repeat === undefined) return true;
      const key = repeatKey(repeat);
      return !keys.has(key) && keys.add(key) !== undefined;
    };
    const [now, later] = [[], []] as [typeof left, typeof left];
    for (const entry of left) (isFirst(entry[1]) ? now : later).push(entry);
    await claimEach(session, known, now, results);
    left = later;
  }
  return results;
}

async function claimEach(
  session: Session,
  known: Known,
  jobs: readonly (readonly [number, Job])[],
  results: CommandResult[],
): Promise<void> {
  const groups = new Map<string, Claim[]>();
  for (const [place, job] of jobs) {
    const earlier = replayOf(known, job);
    results[place] = earlier ?? { outcome: { kind: 'calls', calls: [] }, isReplay: false };
    const { command, context } = job;
    if (earlier !== undefined || command.kind !== 'claim' || 'id' in command.choose) continue;
    const key = JSON.stringify([command.choose.filter, context.projectIds, context.moment]);
    groups.set(key, [...(groups.get(key) ?? []), { job, command, place }]);
  }
  for (const claims of groups.values()) {
    for (const { job } of claims) expireLeases(writingOf(known, job));
    await storeRows(session, known.derivation, known.draft);
    await serve(session, known, claims, ({ job, place }, call) => {
      const outcome: CommandOutcome = { kind: 'calls', calls: [call] };
      results[place] = { outcome, isReplay: false };
      keepForRepeats(known, job, outcome);
    });
  }
}

async function serve(
  session: Session,
  known: Known,
  claims: readonly Claim[],
  give: (claim: Claim, call: Call) => void,
): Promise<void> {
  const passedBy: number[] = [];
  const left = [...claims];
  while (left.length > 0) {
    const rows = await candidates(session, left, passedBy);
    if (rows.length === 0) return;
    const free = await freeNumbers(session, rows);
    for (const row of rows) {
      const next = free.delete(row.numberReversed) ? left.shift() : undefined;
      if (next === undefined) {
        passedBy.push(row.call.id);
        continue;
      }
      const { job, command } = next;
      known.draft.load(row);
      const decision = claim(row.call, command.agent, command.leaseSeconds, job.context.moment.now);
      if (decision.kind !== 'change') throw new Error(`Call ${row.call.id} is pending and cannot be claimed`);
      writeChange(writingOf(known, job), row.call, decision);
      give(next, decision.call);
    }
    await storeRows(session, known.derivation, known.draft);
  }
}

const CLAIMABLE = `status = 'pending' AND outbound_type = 'manual'`;
const NUMBER_IS_FREE = `NOT EXISTS (SELECT 1 FROM calls AS held
  WHERE held.status = 'inprogress' AND held.caller_number_reversed = calls.caller_number_reversed)`;

/**
 * What is due has become so at or before now (`due_since`), so that calls that are due only later, of which a list may hold
 * very many with higher priorities, are passed by within the index. Only where the clock was set back, or that of a PBX is
 * ahead, there are calls of the future that are no less due (dispatch.ts). Asked for by `max`, which PostgreSQL finds at the end
 * of an index also where it knows nothing of the data yet.
 */
const NOT_LATER = `due_since <= (SELECT CASE
  WHEN (SELECT max(created_at) FROM calls AS made WHERE made.created_at > ?) IS NULL
    AND (SELECT max(last_missed_at) FROM calls AS missed
      WHERE missed.last_missed_at > ? AND missed.status = 'pending') IS NULL
  THEN ?::bigint ELSE 9223372036854775807 END)`;

/** As many as there are claims, locked. */
async function candidates(
  session: Session,
  claims: readonly Claim[],
  passedBy: readonly number[],
): Promise<DraftRow[]> {
  const [first] = claims;
  if (first === undefined || 'id' in first.command.choose) return [];
  const { moment, projectIds } = first.job.context;
  const where: Condition = allOf([
    whereClause({ due: true }, moment),
    { sql: NOT_LATER, values: [moment.now, moment.now, moment.now] },
    { sql: MAY_BE_CALLED, values: [moment.now] },
    narrowed(first.command.choose.filter, moment, projectIds),
    { sql: `${NUMBER_IS_FREE} AND id <> ALL (?::bigint[])`, values: [arrayOf(passedBy)] },
  ]);
  const rows = await session.all(
    `${SELECT_ROW} WHERE ${CLAIMABLE} AND ${where.sql} ORDER BY priority DESC, due_since, id LIMIT ?
      FOR UPDATE OF calls SKIP LOCKED`,
    [...where.values, claims.length],
  );
  return rows.map((row) => ({ call: toCall(row), numberReversed: row.at(-1) as string }));
}

/**
 * Which of the numbers nobody works on, nor will before this transaction ends: whoever else claims a call of one would
 * have to hold its lock. Looked at once more with the lock, as somebody may have had it until a moment ago.
 */
async function freeNumbers(session: Session, rows: readonly DraftRow[]): Promise<Set<string>> {
  const numbers = [...new Set(rows.map(({ numberReversed }) => numberReversed))];
  const locks = numbers.map((number) => ({
    sql: `SELECT pg_try_advisory_xact_lock(${NUMBER_LOCK})`,
    values: [numberLock(number)],
  }));
  const held = {
    sql: `SELECT DISTINCT caller_number_reversed FROM calls
      WHERE status = 'inprogress' AND caller_number_reversed = ANY (?::text[])`,
    values: [arrayOf(numbers)],
  };
  const answers = await session.together([...locks, held]);
  const taken = new Set((answers.pop() ?? []).map(([number]) => number));
  return new Set(numbers.filter((number, place) => answers[place]?.[0]?.[0] === true && !taken.has(number)));
}
