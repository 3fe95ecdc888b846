import type { Call } from '../../core/call.ts';
import type { Derivation } from '../../core/call-store.ts';
import { systemClock } from '../../core/clock.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import { mergeItems } from '../../core/missed-item.ts';
import { nameWords } from '../../core/search-text.ts';
import { mendCounts, noteCounted } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { remakeDoNotCall } from './do-not-call.ts';
import { DERIVED_COLUMNS, derivedValues } from './insert-calls.ts';
import { openItem } from './record-missed.ts';
import { CALL_COLUMNS, type SqlValue, toCall } from './row-columns.ts';
import type { StoreLogger } from './store-logger.ts';
import { isDuplicate } from './translate-error.ts';
import { type Writing, writeChange } from './writing.ts';

const BATCH = 2_000;
/** Changes when the store itself derives otherwise: `dueSince`, `reversed`, `nameWords`. */
const STORE_RULES = 1;

const SELECT_BATCH = `SELECT ${[...CALL_COLUMNS, ...DERIVED_COLUMNS].join(', ')} FROM calls
  WHERE id > ? ORDER BY id LIMIT ${BATCH}`;
const UPDATE_DERIVED = `UPDATE calls SET ${DERIVED_COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;

export function isDerivedBy(connection: Connection, derivation: Derivation): boolean {
  return readVersion(connection) === versionOf(derivation);
}

/**
 * Makes sure that rows are still those of this derivation: another process may have been started with other settings
 * and have made them anew. Costs 2 us unless somebody else has written.
 * @throws StoreUnavailableError when they are not
 */
export function createDerivedGuard(connection: Connection, derivation: Derivation): () => void {
  let seen: SqlValue = null;
  return () => {
    // Changes with every commit of another connection.
    const dataVersion = connection.value('PRAGMA data_version');
    if (dataVersion === seen) return;
    if (!isDerivedBy(connection, derivation)) {
      throw otherSettings(connection);
    }
    seen = dataVersion;
  };
}

/**
 * Makes everything anew that is derived from calls, when it was made by another version of the derivation. In batches,
 * each a transaction, so that neither memory nor the write-ahead log grows with the list. What is half made belongs to
 * no version, so that whoever opens the database after a kill begins again.
 * @throws StoreUnusableError when numbers become equal that must not
 * @throws StoreUnavailableError when another process does the same for other settings
 */
export async function remakeDerived(
  connection: Connection,
  derivation: Derivation,
  lockWaitMs: number,
  logger: StoreLogger | undefined,
): Promise<void> {
  const version = versionOf(derivation);
  const inTheMaking = `in the making: ${version}`;
  const total = connection.value('SELECT count(*) FROM calls') as number;
  if (total > 0) logger?.info({ calls: total }, 'Rows are being made anew, as version, time zone or countries changed');
  await connection.write(() => setVersion(connection, inTheMaking), lockWaitMs);
  let afterId: number | undefined = Number.MIN_SAFE_INTEGER;
  for (let done = 0; afterId !== undefined; ) {
    const from: number = afterId;
    afterId = await connection.write(() => {
      const current = readVersion(connection);
      // Another process with the same settings was faster.
      if (current === version) return undefined;
      if (current !== inTheMaking) throw otherSettings(connection);
      const rows = connection.all(SELECT_BATCH, [from]);
      mendCounts(connection);
      for (const row of rows) remake(connection, derivation, row);
      noteCounted(connection);
      done += rows.length;
      if (rows.length === BATCH) return rows.at(-1)?.[0] as number;
      remakeDoNotCall(connection, derivation);
      setVersion(connection, version);
      return undefined;
    }, lockWaitMs);
    if (done % 100_000 === 0 && done > 0) logger?.info({ done, calls: total }, 'Rows are being made anew');
  }
}

function remake(connection: Connection, derivation: Derivation, row: readonly SqlValue[]): void {
  let call = toCall(row);
  let derived = derivation.derive(call);
  const differs = (values: readonly SqlValue[]) =>
    values.some((value, place) => value !== row[CALL_COLUMNS.length + place]);
  // Seldom changed, and expensive as there are indexes on them.
  if (differs(derivedValues(call, derived))) {
    try {
      connection.run(UPDATE_DERIVED, [...derivedValues(call, derived), call.id]);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const merged = mergeMissed(connection, derivation, call, derived.callerNumber);
      if (merged === undefined) throw collision(call, derived.callerNumber, error);
      call = merged;
      derived = derivation.derive(call);
      connection.run(UPDATE_DERIVED, [...derivedValues(call, derived), call.id]);
    }
  }
  connection.run('INSERT INTO bodies (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json', [
    call.id,
    derived.json,
  ]);
  if (call.callerIdName !== null) {
    connection.run('INSERT OR REPLACE INTO names (rowid, words) VALUES (?, ?)', [
      call.id,
      nameWords(call.callerIdName),
    ]);
  }
}

/** What comes in by itself must not keep the server from starting. @returns the call as it is then */
function mergeMissed(connection: Connection, derivation: Derivation, call: Call, number: string): Call | undefined {
  const other = call.source === 'missed_call' ? openItem(connection, call.projectId, number) : undefined;
  if (other === undefined) return undefined;
  const writing: Writing = { connection, derivation, actor: 'system', now: systemClock.now() };
  const merged = mergeItems(other, call, writing.now);
  if (merged === undefined) return undefined;
  const { kept, dropped } = merged;
  writeChange(writing, dropped.call.id === call.id ? call : other, dropped);
  writeChange(writing, kept.call.id === call.id ? call : other, kept);
  return dropped.call.id === call.id ? dropped.call : kept.call;
}

function collision(call: Call, number: string, cause: unknown): StoreUnusableError {
  const alike = call.source === 'missed_call' ? 'a missed call' : `external id ${call.externalId}`;
  return new StoreUnusableError(
    `With these countries call ${call.id} becomes the same as another open call: project ${call.projectId}, ` +
      `${alike}, number ${number}. Start with the settings as they were and cancel one of the two`,
    { cause },
  );
}

function otherSettings({ path }: Connection): StoreUnavailableError {
  return new StoreUnavailableError(
    `Another process works on ${path} with another version or other settings (time zone, countries); stop one of the two`,
  );
}

function versionOf({ version }: Derivation): string {
  return `${version} store-${STORE_RULES}`;
}

function readVersion(connection: Connection): SqlValue {
  return connection.value(`SELECT value FROM meta WHERE name = 'derivation'`);
}

function setVersion(connection: Connection, version: string): void {
  connection.run(
    `INSERT INTO meta (name, value) VALUES ('derivation', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    [version],
  );
}
