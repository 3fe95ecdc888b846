import type { Call } from '../../core/call.ts';
import type { ClaimCommand, CommandOutcome, CommandResult } from '../../core/call-command.ts';
import { claim } from '../../core/call-life.ts';
import { repeatKey } from './draft.ts';
import { type Job, type Known, keepForRepeats, replayOf, writingOf } from './execute-command.ts';
import { expireLeases } from './expire-leases.ts';
import { type Candidate, selectCandidates, toCandidates, type Wish } from './find-candidates.ts';
import type { LookUp } from './look-up.ts';
import type { Session } from './session.ts';
import { storeRows } from './store-draft.ts';
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

/** What is looked for together with everything else that is read first: what most groups want, all in one go. */
export function firstCandidates(jobs: readonly Job[], known: () => Known): LookUp[] {
  const [group] = groupsOf([...jobs.entries()]).values();
  if (group === undefined) return [];
  return [
    {
      ...selectCandidates(group.wish, group.claims.length),
      take(rows) {
        known().candidates = { of: keyOf(group.wish), rows: toCandidates(rows) };
      },
    },
  ];
}

interface Group {
  wish: Wish;
  claims: Claim[];
}

/** Those that want the same. */
function groupsOf(jobs: readonly (readonly [number, Job])[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [place, job] of jobs) {
    const { command, context } = job;
    if (command.kind !== 'claim' || 'id' in command.choose) continue;
    const { moment, projectIds } = context;
    const wish: Wish = { filter: command.choose.filter, moment, projectIds };
    const group = groups.get(keyOf(wish)) ?? { wish, claims: [] };
    group.claims.push({ job, command, place });
    groups.set(keyOf(wish), group);
  }
  return groups;
}

const keyOf = ({ filter, projectIds, moment }: Wish) => JSON.stringify([filter, projectIds, moment]);

async function claimEach(
  session: Session,
  known: Known,
  jobs: readonly (readonly [number, Job])[],
  results: CommandResult[],
): Promise<void> {
  const fresh = jobs.filter(([place, job]) => {
    const earlier = replayOf(known, job);
    results[place] = earlier ?? { outcome: { kind: 'calls', calls: [] }, isReplay: false };
    return earlier === undefined;
  });
  for (const group of groupsOf(fresh).values()) {
    for (const { job } of group.claims) expireLeases(writingOf(known, job));
    await serve(session, known, group, ({ job, place }, call) => {
      const outcome: CommandOutcome = { kind: 'calls', calls: [call] };
      results[place] = { outcome, isReplay: false };
      keepForRepeats(known, job, outcome);
    });
  }
}

async function serve(
  session: Session,
  known: Known,
  { wish, claims }: Group,
  give: (claim: Claim, call: Call) => void,
): Promise<void> {
  const passedBy: number[] = [];
  const left = [...claims];
  while (left.length > 0) {
    const rows = takeFirst(known, wish) ?? (await candidates(session, known, wish, left.length, passedBy));
    const areMore = rows.length >= left.length;
    const numbers = new Set<string>();
    for (const row of rows) {
      const { call, numberReversed, isNumberOurs } = row;
      const next = isNumberOurs && !numbers.has(numberReversed) ? left.shift() : undefined;
      if (next === undefined) {
        passedBy.push(call.id);
        continue;
      }
      numbers.add(numberReversed);
      const { job, command } = next;
      known.draft.load(row);
      const decision = claim(call, command.agent, command.leaseSeconds, job.context.moment.now);
      if (decision.kind !== 'change') throw new Error(`Call ${call.id} is pending and cannot be claimed`);
      writeChange(writingOf(known, job), call, decision);
      known.claimed.set(call.id, numberReversed);
      give(next, decision.call);
    }
    if (!areMore) return;
  }
}

/** Those that were found first, unless something was changed since that they may have to do with. */
function takeFirst(known: Known, wish: Wish): readonly Candidate[] | undefined {
  const { candidates: first, draft } = known;
  delete known.candidates;
  return first?.of === keyOf(wish) && draft.updated.size === 0 ? first.rows : undefined;
}

async function candidates(
  session: Session,
  { derivation, draft }: Known,
  wish: Wish,
  most: number,
  passedBy: readonly number[],
): Promise<Candidate[]> {
  // So that what was claimed or given back in this transaction counts as such.
  await storeRows(session, derivation, draft);
  const { sql, values } = selectCandidates(wish, most, passedBy);
  return toCandidates(await session.all(sql, values));
}
