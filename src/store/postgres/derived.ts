import type { Call } from '../../core/call.ts';
import type { Derivation } from '../../core/call-store.ts';
import { systemClock } from '../../core/clock.ts';
import { StoreUnusableError } from '../../core/errors.ts';
import { mergeItems } from '../../core/missed-item.ts';
import { reversed } from '../../core/search-text.ts';
import { DERIVED_LOCK } from './advisory-locks.ts';
import type { Database } from './database.ts';
import { derivedVersion, otherSettings } from './derived-guard.ts';
import { ALL_COLUMNS, allValues, DERIVED_COLUMNS } from './derived-values.ts';
import { remakeDoNotCall } from './do-not-call.ts';
import { createDrafts } from './drafts.ts';
import { items } from './find-alike.ts';
import { lockNamed } from './lock-rows.ts';
import { lookUp, takeIdsInto } from './look-up.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import type { Row, Session } from './session.ts';
import { draftStatements, publish, storeRows } from './store-draft.ts';
import type { StoreLogger } from './store-logger.ts';
import { isDuplicate } from './translate-error.ts';
import { type Writing, writeChange } from './writing.ts';

const BATCH = 2_000;

/**
 * Makes everything anew that is derived from calls, when it was made by another version of the derivation. In batches, each
 * a transaction. What is half made belongs to no version, so that whoever opens the database after a kill begins again, and
 * nobody writes meanwhile.
 * @throws StoreUnusableError when numbers become equal that must not
 * @throws StoreUnavailableError when another process does the same for other settings
 */
export async function remakeDerived(
  database: Database,
  derivation: Derivation,
  logger: StoreLogger | undefined,
): Promise<void> {
  const version = derivedVersion(derivation);
  const inTheMaking = `in the making: ${version}`;
  const total = (await database.value('SELECT count(*) FROM calls')) as number;
  if (total > 0) logger?.info({ calls: total }, 'Rows are being made anew, as version, time zone or countries changed');
  await alone(database, (session) => setVersion(session, inTheMaking));
  let afterId: number | undefined = Number.MIN_SAFE_INTEGER;
  for (let done = 0; afterId !== undefined; ) {
    const from: number = afterId;
    afterId = await alone(database, async (session) => {
      const current = await session.value(`SELECT value FROM meta WHERE name = 'derivation'`);
      // Another process with the same settings was faster.
      if (current === version) return undefined;
      if (current !== inTheMaking) throw otherSettings(database.address);
      const rows = await session.all(
        `SELECT ${ALL_COLUMNS.join(', ')} FROM calls WHERE id > ? ORDER BY id LIMIT ${BATCH} FOR UPDATE`,
        [from],
      );
      await remake(session, derivation, rows);
      done += rows.length;
      if (rows.length === BATCH) return rows.at(-1)?.[0] as number;
      await remakeDoNotCall(session, derivation);
      await setVersion(session, version);
      return undefined;
    });
    if (done % 100_000 === 0 && done > 0) logger?.info({ done, calls: total }, 'Rows are being made anew');
  }
}

/** In a transaction in which nobody else writes derived rows. */
function alone<T>(database: Database, work: (session: Session) => Promise<T>): Promise<T> {
  return database.write(
    async (session) => {
      await session.all(`SELECT pg_advisory_xact_lock(${DERIVED_LOCK})`);
      return work(session);
    },
    { lockWaitMs: 60_000 },
  );
}

async function remake(session: Session, derivation: Derivation, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const calls = rows.map((row) => ({ call: toCall(row), stored: row.slice(CALL_COLUMNS.length) }));
  const made = calls.map(({ call, stored }) => {
    const derived = derivation.derive(call);
    const values = allValues(call, derived);
    const differs = DERIVED_COLUMNS.some((column, place) => values[column] !== stored[place]);
    return { call, values, differs, json: derived.json };
  });
  await session.all(
    `INSERT INTO bodies (id, json) SELECT id, json FROM json_populate_recordset(NULL::bodies, ?)
      ON CONFLICT (id) DO UPDATE SET json = excluded.json`,
    [JSON.stringify(made.map(({ call, json }) => ({ id: call.id, json })))],
  );
  // Seldom changed, and expensive as there are indexes on them.
  const changed = made.filter(({ differs }) => differs);
  if (changed.length === 0) return;
  await session.run('SAVEPOINT remade');
  try {
    await updateDerived(
      session,
      changed.map(({ values }) => values),
    );
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await session.run('ROLLBACK TO remade');
    for (const { call, values } of changed) await remakeOne(session, derivation, call, values);
  }
}

async function updateDerived(session: Session, rows: readonly object[]): Promise<void> {
  await session.all(
    `UPDATE calls SET ${DERIVED_COLUMNS.map((column) => `${column} = made.${column}`).join(', ')}
      FROM json_populate_recordset(NULL::calls, ?) AS made WHERE calls.id = made.id`,
    [JSON.stringify(rows)],
  );
}

async function remakeOne(session: Session, derivation: Derivation, call: Call, values: object): Promise<void> {
  await session.run('SAVEPOINT one');
  try {
    await updateDerived(session, [values]);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await session.run('ROLLBACK TO one');
    if (!(await mergeMissed(session, derivation, call))) throw collision(call, derivation, error);
  }
}

/** What comes in by itself must not keep the server from starting. @returns false when there is nothing to be merged */
async function mergeMissed(session: Session, derivation: Derivation, call: Call): Promise<boolean> {
  if (call.source !== 'missed_call') return false;
  const drafts = createDrafts(0);
  const { draft } = drafts;
  const { callerNumber } = derivation.derive(call);
  const key = { projectId: call.projectId, numberReversed: reversed(callerNumber) };
  const found = new Set<number>();
  await lookUp(session, items([key], takeIdsInto(found)));
  const [otherId] = found;
  if (otherId === undefined) return false;
  await lockNamed(session, draft, new Set([call.id, otherId]));
  const [current, other] = [draft.find(call.id), draft.find(otherId)];
  const now = systemClock.now();
  const merged = current && other && mergeItems(other, current, now);
  if (merged === undefined) return false;
  const writing: Writing = { ...drafts, derivation, actor: 'system', now };
  const { kept, dropped } = merged;
  writeChange(writing, draft.find(dropped.call.id) as Call, dropped);
  // Only then is there room for the number.
  await storeRows(session, derivation, draft);
  writeChange(writing, draft.find(kept.call.id) as Call, kept);
  await session.together([...(await draftStatements(derivation, drafts)), { sql: publish(draft) }]);
  return true;
}

function collision(call: Call, derivation: Derivation, cause: unknown): StoreUnusableError {
  const alike = call.source === 'missed_call' ? 'a missed call' : `external id ${call.externalId}`;
  return new StoreUnusableError(
    `With these countries call ${call.id} becomes the same as another open call: project ${call.projectId}, ` +
      `${alike}, number ${derivation.derive(call).callerNumber}. Start with the settings as they were and cancel one of the two`,
    { cause },
  );
}

async function setVersion(session: Session, version: string): Promise<void> {
  await session.all(
    `INSERT INTO meta (name, value) VALUES ('derivation', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [version],
  );
}
