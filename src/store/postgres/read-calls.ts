import type { Call } from '../../core/call.ts';
import type { CallQuery } from '../../core/call-filter.ts';
import type { CallPage, RenderedPage } from '../../core/call-store.ts';
import type { Database } from './database.ts';
import { type DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { findPage } from './find-page.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { textOf } from './session.ts';
import { raw, sql } from './sql.ts';

const EMPTY = new Uint8Array(0);

/** A page as SQL answers it, and the place in the change feed that it shows. */
export interface PlainPage {
  sequence: number;
  page: RenderedPage;
}

/** Count, ids, rows, the version they were derived by and the place in the feed, in one statement and so as of one moment. */
export async function plainPage(database: Database, guard: DerivedGuard, query: CallQuery): Promise<PlainPage> {
  const { page, rowCount } = findPage(query);
  const question = sql`WITH ${page}
    SELECT ${rowCount}, count(*), (SELECT id FROM page ORDER BY place DESC LIMIT 1),
      string_agg(bodies.json, ',' ORDER BY page.place), (${raw(SELECT_DERIVED)}), (SELECT last_sequence FROM counters)
    FROM page JOIN bodies USING (id)`;
  const [row] = await database.ask((session) => session.bytes(question.sql, question.values));
  const [count, length, lastId, json, derivation, sequence] = row as (Uint8Array | null)[];
  guard.check(derivation ? textOf(derivation) : null);
  return {
    sequence: Number(textOf(sequence)),
    page: {
      rowCount: Number(textOf(count)),
      length: Number(textOf(length)),
      lastId: lastId ? Number(textOf(lastId)) : null,
      json: json ?? EMPTY,
    },
  };
}

export async function renderedPage(database: Database, guard: DerivedGuard, query: CallQuery): Promise<RenderedPage> {
  return (await plainPage(database, guard, query)).page;
}

/** The same, as calls. */
export async function callPage(database: Database, query: CallQuery): Promise<CallPage> {
  const { page, rowCount } = findPage(query);
  const columns = CALL_COLUMNS.map((column) => `calls.${column}`).join(', ');
  // The count stands in each row, and in one of its own where the page is empty.
  const question = sql`WITH ${page}, counted AS MATERIALIZED (SELECT ${rowCount} AS row_count)
    SELECT counted.row_count, ${raw(columns)} FROM counted LEFT JOIN (page JOIN calls USING (id)) ON TRUE
    ORDER BY page.place`;
  const rows = await database.all(question.sql, question.values);
  return {
    rowCount: Number(rows[0]?.[0] ?? 0),
    calls: rows.filter(([, id]) => id !== null).map(([, ...call]) => toCall(call)),
  };
}

export async function findCall(database: Pick<Database, 'get'>, id: number): Promise<Call | undefined> {
  const row = await database.get(`SELECT ${CALL_COLUMNS.join(', ')} FROM calls WHERE id = ?`, [id]);
  return row && toCall(row);
}
