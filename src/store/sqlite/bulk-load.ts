import type { Connection } from './connection.ts';
import { CREATE_INDEXES, INDEX_NAMES } from './schema/indexes.ts';

/** Where beginnings of names wait unsorted during a bulk load. */
const WAITING_BEGINNINGS = 'temp.waiting_beginnings';

/**
 * Filling an empty table: indexes are made once at its end instead of row by row, all inside the transaction of the
 * caller, so that nobody sees the table without them. The unique index stays, as it answers row by row.
 */
export function startBulkLoad(connection: Connection): { beginnings: string; finish(): void } {
  for (const name of INDEX_NAMES) connection.exec(`DROP INDEX ${name}`);
  connection.exec(`CREATE TABLE ${WAITING_BEGINNINGS} (beginning TEXT NOT NULL, call_id INTEGER NOT NULL)`);
  return {
    beginnings: WAITING_BEGINNINGS,
    finish() {
      for (const statement of CREATE_INDEXES) connection.exec(statement);
      connection.exec(`INSERT INTO name_beginnings SELECT beginning, call_id FROM ${WAITING_BEGINNINGS} ORDER BY 1, 2`);
      connection.exec(`DROP TABLE ${WAITING_BEGINNINGS}`);
    },
  };
}

export function isEmpty(connection: Connection): boolean {
  return connection.get('SELECT 1 FROM calls LIMIT 1') === undefined;
}
