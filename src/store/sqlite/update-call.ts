import type { Call } from '../../core/call.ts';
import type { Derivation } from '../../core/call-store.ts';
import { nameWords } from '../../core/search-text.ts';
import { countCall } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { DERIVED_COLUMNS, derivedValues } from './insert-calls.ts';
import { CALL_COLUMNS, type SqlValue, toValues } from './row-columns.ts';

/**
 * Stores what a call has become, and all that goes with it; within the transaction of the caller. Only columns that
 * differ are named, as SQLite rewrites the entries of every index on a column that is, whether its value differs or not.
 * @throws the driver's error when it would be the second open call of its project, external id and number (isDuplicate)
 */
export function updateCall(connection: Connection, derivation: Derivation, before: Call, after: Call): void {
  const columns: string[] = [];
  const values: SqlValue[] = [];
  const compare = (names: readonly string[], old: readonly SqlValue[], fresh: readonly SqlValue[]) => {
    for (const [place, name] of names.entries()) {
      const value = fresh[place] ?? null;
      if (value === (old[place] ?? null)) continue;
      columns.push(`${name} = ?`);
      values.push(value);
    }
  };
  const derived = derivation.derive(after);
  compare(CALL_COLUMNS, toValues(before), toValues(after));
  if (mayDerivedDiffer(before, after)) {
    compare(DERIVED_COLUMNS, derivedValues(before, derivation.derive(before)), derivedValues(after, derived));
  }
  if (columns.length === 0) return;
  connection.run(`UPDATE calls SET ${columns.join(', ')} WHERE id = ?`, [...values, after.id]);
  countCall(connection, before, after);
  connection.run('UPDATE bodies SET json = ? WHERE id = ?', [derived.json, after.id]);
  if (before.callerIdName !== after.callerIdName) {
    if (before.callerIdName !== null) connection.run('DELETE FROM names WHERE rowid = ?', [after.id]);
    if (after.callerIdName !== null) {
      connection.run('INSERT INTO names (rowid, words) VALUES (?, ?)', [after.id, nameWords(after.callerIdName)]);
    }
  }
}

function mayDerivedDiffer(before: Call, after: Call): boolean {
  return (
    before.callerId !== after.callerId ||
    before.dnid !== after.dnid ||
    before.outboundNumber !== after.outboundNumber ||
    before.schedule !== after.schedule ||
    before.firstMissedAt !== after.firstMissedAt
  );
}
