import type { Call } from '../../core/call.ts';
import type { Derivation } from '../../core/call-store.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { DERIVED_COLUMNS, derivedValues } from './insert-calls.ts';
import { CALL_COLUMNS, type SqlValue, toCall } from './row-columns.ts';
import type { StoreLogger } from './store-logger.ts';
import { isDuplicate } from './translate-error.ts';

const BATCH = 2_000;
/** Stands in for a version while everything is being made anew: whoever opens the database next begins again. */
const IN_THE_MAKING = '';

const SELECT_BATCH = `SELECT ${[...CALL_COLUMNS, ...DERIVED_COLUMNS].join(', ')} FROM calls WHERE id > ? ORDER BY id LIMIT ${BATCH}`;
const UPDATE_DERIVED = `UPDATE calls SET ${DERIVED_COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`;

export function isDerivedBy(connection: Connection, derivation: Derivation): boolean {
  return connection.value(`SELECT value FROM meta WHERE name = 'derivation'`) === derivation.version;
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
      throw new StoreUnavailableError(
        `Another process works on ${connection.path} with another version or other settings (time zone, countries); ` +
          'stop one of the two',
      );
    }
    seen = dataVersion;
  };
}

/**
 * Makes everything anew that is derived from calls, when it was made by another version of the derivation. In batches,
 * each a transaction, so that neither memory nor the write-ahead log grows with the list.
 */
export async function remakeDerived(
  connection: Connection,
  derivation: Derivation,
  lockWaitMs: number,
  logger: StoreLogger | undefined,
): Promise<void> {
  if (isDerivedBy(connection, derivation)) return;
  await connection.write(() => setVersion(connection, IN_THE_MAKING), lockWaitMs);
  const total = connection.value('SELECT count(*) FROM calls') as number;
  if (total > 0) logger?.info({ calls: total }, 'Rows are being made anew, as version, time zone or countries changed');
  let afterId: SqlValue = Number.MIN_SAFE_INTEGER;
  for (let done = 0; ; ) {
    const rows = connection.all(SELECT_BATCH, [afterId]);
    const last = rows.at(-1);
    if (last === undefined) break;
    await connection.write(() => {
      for (const row of rows) remake(connection, derivation, row);
    }, lockWaitMs);
    afterId = last[0] ?? null;
    done += rows.length;
    if (done % 100_000 < BATCH) logger?.info({ done, calls: total }, 'Rows are being made anew');
  }
  await connection.write(() => setVersion(connection, derivation.version), lockWaitMs);
}

function remake(connection: Connection, derivation: Derivation, row: readonly SqlValue[]): void {
  const call = toCall(row);
  const derived = derivation.derive(call);
  const values = derivedValues(call, derived);
  // Seldom changed, and expensive as there are indexes on them.
  if (values.some((value, place) => value !== row[CALL_COLUMNS.length + place])) {
    try {
      connection.run(UPDATE_DERIVED, [...values, call.id]);
    } catch (error) {
      throw isDuplicate(error) ? collision(call, derived.callerNumber, error) : error;
    }
  }
  connection.run('INSERT INTO bodies (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json', [
    call.id,
    derived.json,
  ]);
}

function collision(call: Call, number: string, cause: unknown): StoreUnusableError {
  return new StoreUnusableError(
    `With these countries call ${call.id} becomes the same as another open call: project ${call.projectId}, ` +
      `external id ${call.externalId}, number ${number}. Start with the settings as they were and cancel one of the two`,
    { cause },
  );
}

function setVersion(connection: Connection, version: string): void {
  connection.run(
    `INSERT INTO meta (name, value) VALUES ('derivation', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
    [version],
  );
}
