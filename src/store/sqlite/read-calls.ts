import type { Call } from '../../core/call.ts';
import type { CallQuery } from '../../core/call-filter.ts';
import type { CallPage, RenderedPage } from '../../core/call-store.ts';
import { EMPTY_PAGE } from '../lists/list-pages.ts';
import type { Connection } from './connection.ts';
import { findPage } from './find-page.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';

/** By SQL alone; count, ids and rows as of one moment. Within the read transaction of the caller. */
export function renderedPage(connection: Connection, query: CallQuery): RenderedPage {
  const { rowCount, ids } = findPage(connection, query);
  const lastId = ids.at(-1);
  if (lastId === undefined) return { ...EMPTY_PAGE, rowCount };
  return { rowCount, length: ids.length, lastId, json: bodies(connection, ids) };
}

/** The same, as calls. */
export function callPage(connection: Connection, query: CallQuery): CallPage {
  const { rowCount, ids } = findPage(connection, query);
  return { rowCount, calls: callsOf(connection, ids) };
}

/** json_each answers in the order of the list, and CROSS JOIN keeps it. As a BLOB: no UTF-16 in between. */
export function bodies(connection: Connection, ids: readonly number[]): Uint8Array {
  return connection.value(
    `SELECT CAST(group_concat(json, ',') AS BLOB)
    FROM (SELECT bodies.json FROM json_each(?) AS page CROSS JOIN bodies ON bodies.id = page.value ORDER BY page.key)`,
    [JSON.stringify(ids)],
  ) as Uint8Array;
}

export function findCall(connection: Connection, id: number): Call | undefined {
  const row = connection.get(`SELECT ${CALL_COLUMNS.join(', ')} FROM calls WHERE id = ?`, [id]);
  return row && toCall(row);
}

/** The calls with these ids, in the order of the ids. */
export function callsOf(connection: Connection, ids: readonly number[]): Call[] {
  if (ids.length === 0) return [];
  const columns = CALL_COLUMNS.map((column) => `calls.${column}`).join(', ');
  const rows = connection.all(
    `SELECT ${columns} FROM json_each(?) AS page CROSS JOIN calls ON calls.id = page.value ORDER BY page.key`,
    [JSON.stringify(ids)],
  );
  return rows.map(toCall);
}
