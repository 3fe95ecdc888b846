import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { lockOfNumber } from './advisory-locks.ts';
import { MAY_BE_CALLED } from './do-not-call.ts';
import type { DraftRow } from './draft.ts';
import { narrowed } from './find-rows.ts';
import { SELECT_ROW } from './lock-rows.ts';
import { toCall } from './row-columns.ts';
import { arrayOf, type Row, type Statement } from './session.ts';
import { allOf, type Condition, whereClause } from './where-clause.ts';

/** What somebody wants to claim. */
export interface Wish {
  filter: CallFilter;
  moment: Moment;
  /** null: all projects. */
  projectIds: readonly number[] | null;
}

/** A call that may be claimed, locked. */
export interface Candidate extends DraftRow {
  /** Whether nobody else claims a call of this number until the transaction ends. */
  isNumberOurs: boolean;
}

const CLAIMABLE = `status = 'pending' AND outbound_type = 'manual'`;
/** Without OFFSET it might become a join of all calls in progress, as a plan for any number of claims looks like one for many. */
const NUMBER_IS_FREE = `NOT EXISTS (SELECT 1 FROM calls AS held
  WHERE held.status = 'inprogress' AND held.caller_number_reversed = calls.caller_number_reversed OFFSET 0)`;

/**
 * What is due has become so at or before now (`due_since`), so that calls that are due only later, of which a list may hold
 * very many with higher priorities, are passed by within the index. Only where the clock was set back, or that of a PBX is
 * ahead, there are calls of the future that are no less due (dispatch.ts). Asked for by `max`, which PostgreSQL finds at the end
 * of an index also where it knows nothing of the data yet.
 */
const NOT_LATER = `due_since <= (SELECT CASE
  WHEN (SELECT max(created_at) FROM calls AS made WHERE made.created_at > ?) IS NULL
    AND (SELECT max(last_missed_at) FROM calls AS missed
      WHERE missed.last_missed_at > ? AND missed.status = 'pending') IS NULL
  THEN ?::bigint ELSE 9223372036854775807 END)`;

const LOCK_NUMBER = `pg_try_advisory_xact_lock(${lockOfNumber('candidates.caller_number_reversed')})`;

/** The best calls for a wish, no more than `most`, best first. What another transaction holds at this moment is passed by. */
export function selectCandidates(wish: Wish, most: number, passedBy: readonly number[] = []): Statement {
  const { filter, moment, projectIds } = wish;
  const where: Condition = allOf([
    whereClause({ due: true }, moment),
    { sql: NOT_LATER, values: [moment.now, moment.now, moment.now] },
    { sql: MAY_BE_CALLED, values: [moment.now] },
    narrowed(filter, moment, projectIds),
    { sql: `${NUMBER_IS_FREE} AND id <> ALL (?::bigint[])`, values: [arrayOf(passedBy)] },
  ]);
  return {
    sql: `SELECT candidates.*, ${LOCK_NUMBER} FROM (
      ${SELECT_ROW} WHERE ${CLAIMABLE} AND ${where.sql} ORDER BY priority DESC, due_since, id LIMIT ?
        FOR UPDATE OF calls SKIP LOCKED
      ) AS candidates`,
    values: [...where.values, most],
  };
}

export function toCandidates(rows: readonly Row[]): Candidate[] {
  return rows.map((row) => ({
    call: toCall(row),
    numberReversed: row.at(-2) as string,
    isNumberOurs: row.at(-1) as boolean,
  }));
}

/**
 * Which of these calls have a number that somebody else works on. Asked after their numbers were locked: who had the lock
 * before may have claimed another call of it since the candidates were looked for.
 */
export function selectHeldElsewhere(claimed: ReadonlyMap<number, string>): Statement {
  return {
    sql: `SELECT id FROM calls WHERE status = 'inprogress' AND caller_number_reversed = ANY (?::text[])
      AND id <> ALL (?::bigint[])`,
    values: [arrayOf([...claimed.values()]), arrayOf([...claimed.keys()])],
  };
}
