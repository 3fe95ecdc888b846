import type { CommandResult } from '../../core/call-command.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import { claimCalls } from './claim-calls.ts';
import type { Database } from './database.ts';
import { executeCommand, type Job, type Known, replayOf, writingOf } from './execute-command.ts';
import { expireLeases } from './expire-leases.ts';
import { selectHeldElsewhere } from './find-candidates.ts';
import { matchingRows } from './find-rows.ts';
import type { Lane } from './lanes.ts';
import { type LoadParts, loadDraft } from './load-draft.ts';
import { lockNamed } from './lock-rows.ts';
import type { Session } from './session.ts';
import { draftStatements, publish, storeRows } from './store-draft.ts';
import { commit, commitAfter, rollback } from './transaction.ts';

export interface WriteParts extends LoadParts {
  /** @param sequence the number of the last change; undefined: nothing was changed */
  onStored(sequence: number | undefined): void;
}

/** What became of a job: an answer, or what its own decision has thrown. */
export type Settled = { result: CommandResult } | { error: unknown };

/**
 * Carries out commands of one lane in one transaction. One that is refused leaves nothing; the others are stored, durably
 * when this resolves.
 * @throws what concerns all of them: then nothing was stored, unless `isOutcomeUnknown` says so
 */
export async function writeGroup(
  database: Database,
  lane: Lane,
  jobs: readonly Job[],
  { onStored, ...parts }: WriteParts,
): Promise<Settled[]> {
  const session = await database.acquire();
  try {
    const known = await loadDraft(session, lane, jobs, parts);
    const settled = await decide(session, lane, jobs, known);
    // What was written so that the filter sees it has been written already.
    if (lane === 'filtering' && settled.some(isRefused)) await rollback(session);
    else onStored(await store(session, known));
    return settled;
  } catch (error) {
    await rollback(session);
    throw error;
  } finally {
    database.release(session);
  }
}

async function decide(session: Session, lane: Lane, jobs: readonly Job[], known: Known): Promise<Settled[]> {
  if (lane === 'claiming') return (await claimCalls(session, known, jobs)).map((result) => ({ result }));
  if (lane === 'filtering') for (const job of jobs) await findMatching(session, known, job);
  return jobs.map((job) => {
    try {
      return { result: executeCommand(known, job) };
    } catch (error) {
      return { error };
    }
  });
}

/**
 * The calls of a filter are locked when they are found, and looked for once more: somebody may have changed one while it was
 * waited for.
 */
async function findMatching(session: Session, known: Known, job: Job): Promise<void> {
  const { command, context } = job;
  if (replayOf(known, job) !== undefined || !('rows' in command) || !('filter' in command.rows)) return;
  // So that the filter sees them as pending.
  expireLeases(writingOf(known, job));
  await storeRows(session, known.derivation, known.draft);
  const { rows } = command;
  const look = () => matchingRows(session, rows, context.moment, context.projectIds);
  const found = await look();
  known.matching = found;
  if (found.kind !== 'rows' || found.rows.length === 0) return;
  const ids = found.rows.map(({ id }) => id);
  await lockNamed(session, known.draft, new Set(ids));
  const again = await look();
  const isSame = again.kind === 'rows' && again.rows.every(({ id }, place) => id === ids[place]);
  if (!isSame) throw changedMeanwhile('Calls of a filter were changed while it was applied');
}

function isRefused(settled: Settled): boolean {
  return 'error' in settled || settled.result.outcome.kind !== 'calls';
}

/** As PostgreSQL itself would say it of a transaction that is to be tried again. */
function changedMeanwhile(what: string): StoreUnavailableError {
  const cause = Object.assign(new Error(what), { code: '40001' });
  return new StoreUnavailableError('Others were changing the same calls at the same time', { cause });
}

/** @returns the number of the last change; undefined: nothing was changed */
async function store(session: Session, known: Known): Promise<number | undefined> {
  const { draft, derivation, claimed } = known;
  const statements = await draftStatements(derivation, known);
  if (statements.length === 0 && draft.changes.length === 0) {
    await rollback(session);
    return undefined;
  }
  const checks = claimed.size === 0 ? [] : [selectHeldElsewhere(claimed)];
  const [held = []] = await session.together([...checks, ...statements]);
  if (checks.length > 0 && held.length > 0) throw changedMeanwhile('Calls of the same numbers were claimed elsewhere');
  // Not sent along with them: a statement that PostgreSQL has forgotten how to carry out (after a change of the schema, or
  // behind a pooler) the driver sends once more, which must not happen after the transaction.
  if (draft.changes.length > 0) return (await commitAfter(session, publish(draft)))[0] as number;
  await commit(session);
  return undefined;
}
