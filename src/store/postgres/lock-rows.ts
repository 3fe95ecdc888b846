import type { Draft } from './draft.ts';
import type { LookUp } from './look-up.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { arrayOf, type Row, type Session, type Statement } from './session.ts';

const ROW = `${CALL_COLUMNS.map((column) => `calls.${column}`).join(', ')}, calls.caller_number_reversed`;
export const SELECT_ROW = `SELECT ${ROW} FROM calls`;
/** Leases that are over are given back by whatever transaction comes first, some at a time. */
const MOST_EXPIRED = 500;

/** Rows that are to be locked in the order of their ids, and those whose lease is over at an instant. */
export function rowsToLock(ids: ReadonlySet<number>, now: number, draft: () => Draft): LookUp[] {
  const take = (rows: readonly Row[]) => loadRows(draft(), rows);
  const expired = {
    sql: `${SELECT_ROW} WHERE status = 'inprogress' AND claimed_until <= ? ORDER BY claimed_until
      LIMIT ${MOST_EXPIRED} FOR UPDATE SKIP LOCKED`,
    values: [now],
    take,
  };
  return ids.size > 0 ? [{ ...selectLocked([...ids]), take }, expired] : [expired];
}

/** Brings rows into the draft, without leases. */
export async function lockNamed(session: Session, draft: Draft, ids: ReadonlySet<number>): Promise<void> {
  if (ids.size > 0) loadRows(draft, (await session.together([selectLocked([...ids])]))[0] ?? []);
}

function selectLocked(ids: readonly number[]): Statement {
  return { sql: `${SELECT_ROW} WHERE id = ANY (?::bigint[]) ORDER BY id FOR UPDATE`, values: [arrayOf(ids)] };
}

function loadRows(draft: Draft, rows: readonly Row[]): void {
  for (const row of rows) draft.load({ call: toCall(row), numberReversed: row.at(-1) as string });
}
