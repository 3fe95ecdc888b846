import { type Call, dueSince } from '../../core/call.ts';
import type { Derived } from '../../core/call-store.ts';
import { nameWords, reversed } from '../../core/search-text.ts';
import { countCall } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { CALL_COLUMNS, type SqlValue, toValues } from './row-columns.ts';

/** The columns of `calls` that are made from the others. */
export const DERIVED_COLUMNS = [
  'caller_number_reversed',
  'dnid_normalized',
  'outbound_number_normalized',
  'due_since',
] as const;

export function derivedValues(call: Call, derived: Derived): SqlValue[] {
  return [reversed(derived.callerNumber), derived.dnidNumber, derived.outboundNumber, dueSince(call)];
}

const COLUMNS = [...CALL_COLUMNS, ...DERIVED_COLUMNS];
const INSERT_CALL = `INSERT INTO calls (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;

/** Stores a call and what is derived from it; within the transaction of the caller. */
export function insertCall(connection: Connection, call: Call, derived: Derived): void {
  connection.run(INSERT_CALL, [...toValues(call), ...derivedValues(call, derived)]);
  countCall(connection, undefined, call);
  connection.run('INSERT INTO bodies (id, json) VALUES (?, ?)', [call.id, derived.json]);
  if (call.callerIdName !== null) {
    connection.run('INSERT INTO names (rowid, words) VALUES (?, ?)', [call.id, nameWords(call.callerIdName)]);
  }
}

/** The id after the last one that was ever given. */
export function nextId(connection: Connection): number {
  return Number(connection.value(`SELECT seq FROM sqlite_sequence WHERE name = 'calls'`) ?? 0) + 1;
}
