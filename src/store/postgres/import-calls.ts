import type { SaveOutcome } from '../../../client/src/contract.ts';
import type { Call } from '../../core/call.ts';
import type { Derivation, ImportOptions, ImportSession, NewCall } from '../../core/call-store.ts';
import { DuplicateCallError, StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { CREATING_LOCK, DERIVED_LOCK } from './advisory-locks.ts';
import { CountChange } from './call-counts.ts';
import type { Database } from './database.ts';
import { type DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { type Draft, isOpen } from './draft.ts';
import { createDrafts } from './drafts.ts';
import { alike, items, itemsOf, keysOf } from './find-alike.ts';
import { lockNamed } from './lock-rows.ts';
import { lookUp, takeIdsInto } from './look-up.ts';
import { type SaveOptions, saveCall } from './save-calls.ts';
import { arrayOf, type Session } from './session.ts';
import { notify, storeRows } from './store-draft.ts';
import { begin, commit, rollback } from './transaction.ts';
import { numberReversedOf, type Writing, writeCreation } from './writing.ts';

export interface ImportParts {
  database: Database;
  derivation: Derivation;
  guard: DerivedGuard;
  /** How long to wait for somebody else who makes calls. */
  lockWaitMs: number;
  /** Called after the commit. */
  onCommit(sequence: number): void;
}

/** Whoever brings the calls may be slow. */
const MOST_PAUSE_MS = 600_000;
/** After so many new calls PostgreSQL is made to look at them, so that it plans for them at once. */
const MANY = 1_000;
/** Entries of the feed a statement. */
const BATCH = 20_000;

/**
 * One transaction. While it lasts nobody else makes calls, in any instance; calls that are there can be claimed, changed
 * and closed.
 * @throws StoreUnavailableError when another process makes calls for too long
 */
export async function beginImport(parts: ImportParts, options: ImportOptions): Promise<ImportSession> {
  const { database, guard, lockWaitMs } = parts;
  database.requireWritable();
  const session = await database.acquire();
  try {
    await session.run(
      `${begin(lockWaitMs)}; SET LOCAL idle_in_transaction_session_timeout = ${MOST_PAUSE_MS};
      SELECT pg_advisory_xact_lock(${CREATING_LOCK}); SELECT pg_advisory_xact_lock_shared(${DERIVED_LOCK})`,
    );
    // Only now, as another process may have made all rows anew while this one waited.
    guard.check(await session.value(SELECT_DERIVED));
    const lastId = Number(await session.value('SELECT last_id FROM counters'));
    return createImport(session, lastId, parts, options);
  } catch (error) {
    await rollback(session);
    database.release(session);
    throw error;
  }
}

function createImport(
  session: Session,
  lastIdStored: number,
  { database, derivation, onCommit }: ImportParts,
  { actor = 'import', repeatWindowSeconds = 0 }: ImportOptions,
): ImportSession {
  let lastId = lastIdStored;
  let hasEnded = false;
  /** Ids of calls that were made or changed, in their order. */
  const changed: number[] = [];
  const counts = new CountChange();
  const requireOpen = () => {
    if (hasEnded || session.isLost) throw new StoreUnavailableError('The import has ended');
  };
  const end = () => {
    hasEnded = true;
    database.release(session);
  };

  return {
    async add(calls) {
      requireOpen();
      const drafts = createDrafts(lastId);
      const { draft } = drafts;
      const writing: Omit<Writing, 'now'> = { ...drafts, derivation, actor };
      const taken = await load(session, draft, derivation, calls);
      const save: SaveOptions = { again: false, repeatWindowSeconds, event: 'imported' };
      const outcomes = calls.map((call, index) =>
        addCall({ ...writing, now: call.updatedAt }, { call, index, taken, save }),
      );
      await session.run('SAVEPOINT batch');
      try {
        await storeRows(session, derivation, draft);
      } catch (error) {
        if (!session.isLost) await session.run('ROLLBACK TO batch; RELEASE batch');
        throw error;
      }
      await session.run('RELEASE batch');
      lastId = draft.lastId;
      counts.addAll(draft.countChange());
      for (const { callId } of draft.changes) changed.push(callId);
      return outcomes;
    },
    async commit() {
      requireOpen();
      try {
        await session.together(counts.statements());
        const sequence = await writeChanges(session, changed, lastId);
        await commit(session);
        end();
        onCommit(sequence);
      } catch (error) {
        await rollback(session);
        end();
        throw error;
      }
    },
    async rollback() {
      if (hasEnded) return;
      await rollback(session);
      end();
    },
  };
}

/** Brings in what the calls may be the same as. @returns which of the ids that are given are taken */
async function load(
  session: Session,
  draft: Draft,
  derivation: Derivation,
  calls: readonly NewCall[],
): Promise<ReadonlySet<number>> {
  const [ids, taken] = [new Set<number>(), new Set<number>()];
  const asCalls = calls.map((call): Call => ({ ...call, id: call.id ?? 0 }));
  const given = calls.map(({ id }) => id).filter((id) => id !== undefined);
  await lookUp(session, [
    ...alike(keysOf(asCalls, derivation), takeIdsInto(ids)),
    ...items(itemsOf(asCalls, derivation), takeIdsInto(ids)),
    {
      sql: 'SELECT id FROM calls WHERE id = ANY (?::bigint[])',
      values: [arrayOf(given)],
      take: takeIdsInto(taken),
    },
  ]);
  await lockNamed(session, draft, ids);
  return taken;
}

interface Addition {
  call: NewCall;
  /** Place in the batch. */
  index: number;
  taken: ReadonlySet<number>;
  save: SaveOptions;
}

function addCall(writing: Writing, { call, index, taken, save }: Addition): SaveOutcome {
  const { draft } = writing;
  const id = call.id ?? draft.nextId();
  if (!Number.isSafeInteger(id)) throw new StoreUnusableError('No ids are left: the highest possible one is taken');
  if (call.id !== undefined && (taken.has(id) || draft.find(id) !== undefined)) {
    throw new DuplicateCallError(index, `There is a call with id ${id} already`);
  }
  const fresh: Call = { ...call, id };
  const isAsGiven = call.id !== undefined || call.status !== 'pending';
  const numberReversed = numberReversedOf(writing, fresh);
  const hasTwin =
    isOpen(fresh) &&
    fresh.externalId !== null &&
    draft.alike(fresh.projectId, fresh.externalId, numberReversed).some(isOpen);
  const hasItem =
    isOpen(fresh) && fresh.source === 'missed_call' && draft.openItem(fresh.projectId, numberReversed) !== undefined;
  if ((isAsGiven && hasTwin) || (hasItem && !hasTwin)) throw new DuplicateCallError(index, alreadyOpen(fresh));
  if (!isAsGiven) return saveCall(writing, fresh, save).outcome;
  writeCreation(writing, fresh, { event: 'imported' }, numberReversed);
  return 'created';
}

function alreadyOpen(call: Call): string {
  const alike =
    call.source === 'missed_call'
      ? `missed call of project ${call.projectId} with`
      : `call of project ${call.projectId} with external id ${call.externalId} and`;
  return `There is an open ${alike} this number already`;
}

/** @returns the number of the last change */
async function writeChanges(session: Session, ids: readonly number[], lastId: number): Promise<number> {
  // Before the counters are changed, which holds up everybody.
  if (ids.length >= MANY) await session.run('ANALYZE calls; ANALYZE bodies');
  const last = (await session.value(
    `UPDATE counters SET last_id = greatest(last_id, ?), last_sequence = last_sequence + ? RETURNING last_sequence`,
    [lastId, ids.length],
  )) as number;
  for (let from = 0; from < ids.length; from += BATCH) {
    await session.all(
      `INSERT INTO changes (sequence, call_id, project_id, at)
        SELECT ?::bigint + place, id, project_id, updated_at
        FROM unnest(?::bigint[]) WITH ORDINALITY AS changed (id, place) JOIN calls USING (id)`,
      [last - ids.length + from, arrayOf(ids.slice(from, from + BATCH))],
    );
  }
  const { sql } = notify();
  await session.all(sql);
  return last;
}
