import { type Call, dueSince } from '../../core/call.ts';
import type { Derived } from '../../core/call-store.ts';
import { nameWords, reversed } from '../../core/search-text.ts';
import { CALL_COLUMNS, columnsOf, type SqlValue } from './row-columns.ts';

/** The columns of `calls` that are made from the others. */
export const DERIVED_COLUMNS = [
  'caller_number_reversed',
  'dnid_normalized',
  'outbound_number_normalized',
  'due_since',
  'name_words',
] as const;

export const ALL_COLUMNS: readonly string[] = [...CALL_COLUMNS, ...DERIVED_COLUMNS];

/** All columns of a call, by their names. */
export function allValues(call: Call, { callerNumber, dnidNumber, outboundNumber }: Derived): Record<string, SqlValue> {
  return {
    ...columnsOf(call),
    caller_number_reversed: reversed(callerNumber),
    dnid_normalized: dnidNumber,
    outbound_number_normalized: outboundNumber,
    due_since: dueSince(call),
    // Nothing to be found by is as good as no name.
    name_words: (call.callerIdName && nameWords(call.callerIdName)) || null,
  };
}
