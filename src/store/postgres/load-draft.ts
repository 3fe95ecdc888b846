import { setImmediate as turn } from 'node:timers/promises';
import type { Derivation } from '../../core/call-store.ts';
import { missedItem } from '../../core/missed-item.ts';
import { newCall } from '../../core/new-call.ts';
import { reversed } from '../../core/search-text.ts';
import { CREATING_LOCK, DERIVED_LOCK } from './advisory-locks.ts';
import { firstCandidates } from './claim-calls.ts';
import { type DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { createDrafts } from './drafts.ts';
import type { Job, Known } from './execute-command.ts';
import { alike, items, itemsOf, keysOf, ofExternalIds } from './find-alike.ts';
import type { Lane } from './lanes.ts';
import { lockNamed, rowsToLock } from './lock-rows.ts';
import { barred, watched } from './look-at-legs.ts';
import { type LookUp, look, lookUp, takeIdsInto } from './look-up.ts';
import { selectRepeats, storedRepeats } from './repeats.ts';
import type { Session } from './session.ts';
import { begin } from './transaction.ts';

export interface LoadParts {
  derivation: Derivation;
  guard: DerivedGuard;
}

/**
 * A plan that is kept saves more than half of what a claim costs in PostgreSQL: it would be made anew each time, of two dozen
 * indexes. Everything is then found by an index, in its order, whatever was known of the data when the plan was made.
 */
const KEEP_PLANS =
  'SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off';

/** The locks in a statement of their own, as what comes after is to see what was committed until they were got. */
function beginOf(lane: Lane, jobs: readonly Job[]): string {
  // Of the calls that a filter chooses, and of many at once, PostgreSQL knows more when it is told the values.
  const isOfFew = lane === 'changing' || (lane === 'claiming' && jobs.every(wantsAny));
  const locks = lane === 'creating' ? `pg_advisory_xact_lock(${CREATING_LOCK}), ` : '';
  return [
    begin(),
    ...(isOfFew ? [KEEP_PLANS] : []),
    `SELECT ${locks}pg_advisory_xact_lock_shared(${DERIVED_LOCK})`,
  ].join('; ');
}

/** Whether a claim takes any call that is due. */
function wantsAny({ command, context }: Job): boolean {
  if (command.kind !== 'claim' || 'id' in command.choose) return false;
  return context.projectIds === null && Object.values(command.choose.filter).every((value) => value === undefined);
}

/**
 * Begins a transaction for commands of one lane, and locks and reads all that they are about: what they name, what is like
 * the calls that they save, what may be claimed, and calls whose lease is over. Rows are locked in the order of their ids, so
 * that nobody waits for somebody who waits for them.
 */
export async function loadDraft(
  session: Session,
  lane: Lane,
  jobs: readonly Job[],
  { derivation, guard }: LoadParts,
): Promise<Known> {
  await readNumbers(jobs, derivation);
  const loaded: { known?: Known } = {};
  const opening = look(`SELECT last_id, (${SELECT_DERIVED}) FROM counters`, ([row]) => {
    guard.check(row?.[1]);
    loaded.known = {
      ...createDrafts(Number(row?.[0] ?? 0)),
      ...{ derivation, repeats: new Map(), claimed: new Map() },
    };
  });
  const known = () => loaded.known as Known;
  const draft = () => known().draft;
  const now = Math.max(...jobs.map(({ context }) => context.moment.now));
  const ids = new Set(jobs.flatMap(({ command }) => idsOf(command)));
  const naming = named(jobs, derivation, takeIdsInto(ids));
  // Ids that are known already are locked without asking first.
  const locking = () => rowsToLock(ids, now, draft);
  const lookUps = [
    opening,
    ...repeats(jobs, known),
    ...naming,
    ...watched(jobs, derivation, known),
    ...barred(jobs, derivation, known),
    ...(naming.length === 0 ? locking() : []),
    ...(lane === 'claiming' ? firstCandidates(jobs, known) : []),
  ];
  await lookUp(session, lookUps, session.run(beginOf(lane, jobs)));
  if (naming.length > 0) await lookUp(session, locking());
  await loadTwins(session, known(), jobs);
  return known();
}

/** Calls whose numbers are read without a pause: some milliseconds where they are new. */
const NUMBERS = 500;

/** Numbers of many new calls, which the derivation remembers: to read them takes most of the time that a save takes here. */
async function readNumbers(jobs: readonly Job[], derivation: Derivation): Promise<void> {
  for (const { command } of jobs) {
    if (command.kind !== 'save' || command.calls.length <= NUMBERS) continue;
    for (const [place, { content }] of command.calls.entries()) {
      if (place % NUMBERS === NUMBERS - 1) await turn();
      derivation.callerNumber({ callerId: content.callerId, projectId: command.projectId });
    }
  }
}

/** What edits of numbers and external ids would make a call the same as. Only the edited calls tell. */
async function loadTwins(session: Session, { draft, derivation }: Known, jobs: readonly Job[]): Promise<void> {
  const twins = jobs.flatMap(({ command }) => {
    if (command.kind !== 'update') return [];
    return command.edits.flatMap(({ id, content }) => {
      const call = draft.find(id);
      const isKey = 'callerId' in content || 'externalId' in content;
      return call !== undefined && isKey ? [{ ...call, ...content }] : [];
    });
  });
  if (twins.length === 0) return;
  const ids = new Set<number>();
  const takeIds = takeIdsInto(ids);
  await lookUp(session, [...alike(keysOf(twins, derivation), takeIds), ...items(itemsOf(twins, derivation), takeIds)]);
  await lockNamed(session, draft, ids);
}

function repeats(jobs: readonly Job[], known: () => Known): LookUp[] {
  const guards = jobs.map(({ context }) => context.repeat).filter((guard) => guard !== undefined);
  if (guards.length === 0) return [];
  return [
    {
      ...selectRepeats(guards),
      take(rows) {
        known().repeats = storedRepeats(rows);
      },
    },
  ];
}

/** Ids of the rows that commands mean without naming their ids. */
function named(jobs: readonly Job[], derivation: Derivation, take: LookUp['take']): LookUp[] {
  const saves = jobs.flatMap(({ command, context }) => {
    if (command.kind !== 'save') return [];
    const { projectId, calls } = command;
    // Of a number alone there is no like.
    const keyed = calls.filter(({ content }) => content.externalId !== null);
    return keyed.map(({ content }) => newCall(0, projectId, content, context.moment.now));
  });
  const misses = jobs.flatMap(({ command, context }) => {
    if (command.kind !== 'record_missed') return [];
    const { miss, target } = command;
    const { number } = miss;
    return number === null ? [] : [missedItem(0, { ...miss, number }, target, context.moment.now)];
  });
  const reached = jobs.flatMap(({ command }) =>
    command.kind !== 'record_reached'
      ? []
      : command.among.flatMap(({ projectId, numbers }) =>
          numbers.map((number) => ({ projectId, numberReversed: reversed(number) })),
        ),
  );
  return [
    ...jobs.flatMap(({ command }) =>
      'rows' in command && 'externalIds' in command.rows ? [ofExternalIds(command.rows, take)] : [],
    ),
    ...alike(keysOf(saves, derivation), take),
    ...items([...itemsOf(misses, derivation), ...reached], take),
  ];
}

function idsOf(command: Job['command']): readonly number[] {
  if ('id' in command) return [command.id];
  switch (command.kind) {
    case 'update':
      return command.edits.map(({ id }) => id);
    case 'cancel':
    case 'delete':
      return 'ids' in command.rows ? command.rows.ids : [];
    case 'claim':
      return 'id' in command.choose ? [command.choose.id] : [];
    default:
      return [];
  }
}
