import type { Call } from '../../core/call.ts';
import type { CallQuery } from '../../core/call-filter.ts';
import type { CallPage, RenderedPage } from '../../core/call-store.ts';
import type { Database } from './database.ts';
import { type DerivedGuard, SELECT_DERIVED } from './derived-guard.ts';
import { orderOf } from './order.ts';
import { CALL_COLUMNS, type SqlValue, toCall } from './row-columns.ts';
import { allOf, type Condition, whereClause, whereOf } from './where-clause.ts';

const EMPTY = new Uint8Array(0);

/** Count, ids, rows and the version they were derived by, in one statement and so as of one moment. */
export async function renderedPage(database: Database, guard: DerivedGuard, query: CallQuery): Promise<RenderedPage> {
  const { rowCount, found, values } = pageOf(query);
  const [row] = await database.ask((session) =>
    session.bytes(
      `WITH page AS MATERIALIZED (${found})
      SELECT ${rowCount}, count(*), (SELECT id FROM page ORDER BY place DESC LIMIT 1),
        string_agg(bodies.json, ',' ORDER BY page.place),
        (${SELECT_DERIVED})
      FROM page JOIN bodies USING (id)`,
      values,
    ),
  );
  const [count, length, lastId, json, derivation] = row as (Uint8Array | null)[];
  guard.check(derivation ? text(derivation) : null);
  return {
    rowCount: Number(text(count)),
    length: Number(text(length)),
    lastId: lastId ? Number(text(lastId)) : null,
    json: json ?? EMPTY,
  };
}

/** The same, as calls. */
export async function callPage(database: Database, query: CallQuery): Promise<CallPage> {
  const { rowCount, found, values } = pageOf(query);
  const columns = CALL_COLUMNS.map((column) => `calls.${column}`).join(', ');
  // The count stands in each row, and in one of its own where the page is empty.
  const rows = await database.all(
    `WITH page AS MATERIALIZED (${found}), counted AS MATERIALIZED (SELECT ${rowCount} AS row_count)
    SELECT counted.row_count, ${columns} FROM counted LEFT JOIN (page JOIN calls USING (id)) ON TRUE
    ORDER BY page.place`,
    values,
  );
  return {
    rowCount: Number(rows[0]?.[0] ?? 0),
    calls: rows.filter(([, id]) => id !== null).map(([, ...call]) => toCall(call)),
  };
}

/** `found` comes before `rowCount` in the statement, or the values would be in another order. */
function pageOf({ filter, moment, limit, at, sort }: CallQuery): {
  rowCount: string;
  found: string;
  values: SqlValue[];
} {
  const where = whereClause(filter, moment);
  const [within, order, offset]: [Condition, string, number] =
    'page' in at
      ? [where, orderOf(sort), (at.page - 1) * limit]
      : [allOf([where, { sql: 'id > ?', values: [at.afterId] }]), 'id', 0];
  const found = `SELECT id, row_number() OVER () AS place
    FROM (SELECT id FROM calls${whereOf(within)} ORDER BY ${order} LIMIT ? OFFSET ?) AS ordered`;
  const counted = `(SELECT count(*) FROM calls${whereOf(where)})`;
  // A first page that is not full has all there are. Of a CASE only the branch that is taken is carried out.
  const isFirst = 'page' in at && at.page === 1;
  const rowCount = isFirst
    ? `(CASE WHEN (SELECT count(*) FROM page) < ? THEN (SELECT count(*) FROM page) ELSE ${counted} END)`
    : counted;
  return {
    rowCount,
    found,
    values: [...within.values, limit, offset, ...(isFirst ? [limit] : []), ...where.values],
  };
}

export async function findCall(database: Pick<Database, 'get'>, id: number): Promise<Call | undefined> {
  const row = await database.get(`SELECT ${CALL_COLUMNS.join(', ')} FROM calls WHERE id = ?`, [id]);
  return row && toCall(row);
}

function text(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : '';
}
