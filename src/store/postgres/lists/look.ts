import type { Call } from '../../../core/call.ts';
import type { EpochSeconds } from '../../../core/clock.ts';
import { LIST_COLUMNS, toListRow } from '../../lists/list-row.ts';
import { MOST_CHANGES } from '../../lists/live-lists.ts';
import { NO_CHANGES, type RowChanges } from '../../lists/row-changes.ts';
import { SELECT_DERIVED } from '../derived-guard.ts';
import { CALL_COLUMNS, type SqlValue, toCall } from '../row-columns.ts';
import { arrayOf, type Session, textOf } from '../session.ts';
import { raw, sql } from '../sql.ts';
import type { Condition } from '../where-clause.ts';

/** Which database answers, and by what its rows are made. */
export interface Standing {
  /** The place of the newest change. */
  sequence: number;
  /** Another one: all that is known of the feed may be of another past. */
  server: string;
  derived: string | null;
}

export interface Wanted {
  /** The place in the feed from which changes are wanted. */
  since: number;
  /** Two instants, the earlier one first; undefined: the clock moves nothing. */
  clock: { from: EpochSeconds; to: EpochSeconds } | undefined;
  /** Ids of each page that is wanted as it is sent. */
  pages: readonly (readonly number[])[];
  /** Ids of each page that is wanted as calls. */
  calls: readonly (readonly number[])[];
}

/** What a look has found, all as of one moment. */
export interface Look extends Standing {
  /** Of calls since a place in the feed; undefined: they are too many, or the feed is not kept that far back. */
  changes: RowChanges | undefined;
  /** Those that the clock moves between two instants, in either direction; undefined: they are too many. */
  turned: RowChanges | undefined;
  pages: readonly (Uint8Array | undefined)[];
  calls: readonly (readonly Call[])[];
}

/** Another server that has taken over, tables that were put back or filled anew: each has another start or another file. */
export const SERVER = `pg_postmaster_start_time()::text || ' ' || pg_relation_filenode(counters.tableoid)`;

/** The least that is asked before anything is answered from memory. */
export async function standing(session: Session): Promise<Standing> {
  const [row] = await session.all(`SELECT last_sequence, ${SERVER}, (${SELECT_DERIVED}) FROM counters`);
  const [sequence, server, derived] = row ?? [];
  return { sequence: sequence as number, server: server as string, derived: (derived as string | null) ?? null };
}

/** What a row of the answer is about. */
const [STANDING, DERIVED, ENTRIES, CHANGED, TURNED, PAGE, CALLS] = [0, 1, 2, 3, 4, 5, 6];

const rowOf = (columns: readonly string[]) => `json_build_array(${columns.map((one) => `calls.${one}`).join(', ')})`;
const LIST_ROW = raw(rowOf(LIST_COLUMNS));

/** One statement, and so as of one moment. */
export async function look(session: Session, wanted: Wanted): Promise<Look> {
  const statement = statementOf(wanted);
  const rows = await session.bytes(statement.sql, statement.values);
  const found = { entries: 0, rows: [] as string[], gone: [] as number[], turned: [] as string[] };
  const place: Standing = { sequence: 0, server: '', derived: null };
  const pages: (Uint8Array | undefined)[] = wanted.pages.map(() => undefined);
  const calls: (readonly Call[])[] = wanted.calls.map(() => []);
  for (const [kind, number, data] of rows) {
    const value = Number(textOf(number));
    switch (Number(textOf(kind))) {
      case STANDING:
        place.sequence = value;
        place.server = textOf(data);
        break;
      case DERIVED:
        place.derived = data ? textOf(data) : null;
        break;
      case ENTRIES:
        found.entries = value;
        break;
      case CHANGED:
        if (data) found.rows.push(textOf(data));
        else found.gone.push(value);
        break;
      case TURNED:
        found.turned.push(textOf(data));
        break;
      case PAGE:
        // A copy, as what the driver gives is a part of all that came with it.
        if (data) pages[value - 1] = new Uint8Array(data);
        break;
      case CALLS:
        calls[value - 1] = (JSON.parse(textOf(data)) as SqlValue[][]).map(toCall);
    }
  }
  const count = place.sequence - wanted.since;
  const isKnown = found.entries === count && count <= MOST_CHANGES;
  return {
    ...place,
    changes: isKnown ? { rows: rowsOf(found.rows), gone: found.gone } : undefined,
    turned: turnedOf(wanted, found.turned),
    pages,
    calls,
  };
}

function turnedOf({ clock }: Wanted, rows: readonly string[]): RowChanges | undefined {
  if (clock === undefined) return NO_CHANGES;
  return rows.length > MOST_CHANGES ? undefined : { rows: rowsOf(rows), gone: [] };
}

function rowsOf(texts: readonly string[]) {
  return texts.map((text) => toListRow(JSON.parse(text)));
}

function statementOf({ since, clock, pages, calls }: Wanted): Condition {
  const parts = [
    sql`SELECT ${raw(`${STANDING}`)} AS kind, last_sequence AS number, ${raw(SERVER)} AS data FROM counters`,
    sql`SELECT ${raw(`${DERIVED}`)}, 0, (${raw(SELECT_DERIVED)})`,
    sql`SELECT ${raw(`${ENTRIES}`)}, count(*), NULL FROM entries`,
    sql`SELECT ${raw(`${CHANGED}`)}, call_id, CASE WHEN calls.id IS NOT NULL THEN ${LIST_ROW} END::text
      FROM (SELECT DISTINCT call_id FROM entries) AS changed LEFT JOIN calls ON calls.id = call_id`,
    ...(clock === undefined ? [] : [turnedRows(clock)]),
    ...(pages.length === 0
      ? []
      : [
          sql`SELECT ${raw(`${PAGE}`)}, page, string_agg(json, ',' ORDER BY place)
            FROM ${named(pages)} JOIN bodies USING (id) GROUP BY page`,
        ]),
    ...(calls.length === 0
      ? []
      : [
          sql`SELECT ${raw(`${CALLS}`)}, page, json_agg(${raw(rowOf(CALL_COLUMNS))} ORDER BY place)::text
            FROM ${named(calls)} JOIN calls USING (id) GROUP BY page`,
        ]),
  ];
  const all = parts.reduce((before, next) => sql`${before} UNION ALL ${next}`);
  // One more than are followed says that they are too many. Number by number: of `sequence > ?` PostgreSQL expects many rows
  // where it does not know the value, and so plans the statement anew each time, which takes four times as long as all else.
  return sql`WITH entries AS MATERIALIZED (
      SELECT call_id FROM counters
        CROSS JOIN generate_series(${since}::bigint + 1, least(last_sequence, ${since}::bigint + ${MOST_CHANGES + 1})) AS number
        JOIN changes ON sequence = number)
    ${all}`;
}

function turnedRows({ from, to }: { from: EpochSeconds; to: EpochSeconds }): Condition {
  return sql`SELECT ${raw(`${TURNED}`)}, id, ${LIST_ROW}::text FROM calls JOIN (
      SELECT id FROM calls WHERE status = 'pending' AND schedule > ${from} AND schedule <= ${to}
      UNION SELECT id FROM calls WHERE next_attempt_at > ${from} AND next_attempt_at <= ${to}
      LIMIT ${MOST_CHANGES + 1}) AS turned USING (id)`;
}

/** Ids with the number of their page, from 1, and their place. */
function named(pages: readonly (readonly number[])[]): Condition {
  const ids = arrayOf(pages.flat());
  const numbers = arrayOf(pages.flatMap((page, index) => page.map(() => index + 1)));
  return {
    sql: 'unnest(?::bigint[], ?::bigint[]) WITH ORDINALITY AS named (id, page, place)',
    values: [ids, numbers],
  };
}
