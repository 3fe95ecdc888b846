import type { TransactionSql } from 'postgres';

/** How a table of the record was made; people make them by hand. */
export interface QueueLogTableShape {
  /** The table between quotes, with its schema. */
  table: string;
  /** By what rows are read on: their numbers where there are any. */
  order: 'id' | 'time';
  timeType: string;
  /** The time as text in one form, whatever the session's style: in UTC and with `Z` where the column knows the instant. */
  timeText: string;
  /** Those of `data`, `data1` … `data5` that there are. */
  dataColumns: readonly string[];
}

const DATA_COLUMNS = ['data', 'data1', 'data2', 'data3', 'data4', 'data5'];
/** Compared with a constant of their own type, so that an index on the column is used. */
const TIME_TYPES = ['timestamp', 'timestamptz', 'text', 'varchar', 'bpchar', 'int4', 'int8', 'numeric', 'float8'];
/** Of 8 MiB, about 80,000 rows, all may be read each second. */
const MOST_UNINDEXED_BYTES = 8 * 1024 ** 2;

interface Column {
  name: string;
  type: string;
  isIndexed: boolean;
}

/** @throws Error that says what the table lacks and what to do */
export async function readShape(sql: TransactionSql, schema: string | undefined, table: string) {
  const quoted = schema === undefined ? `"${table}"` : `"${schema}"."${table}"`;
  const columns = await sql<Column[]>`
    SELECT attname AS name, typname AS type, EXISTS (
      SELECT FROM pg_index
      JOIN pg_class ON pg_class.oid = indexrelid
      JOIN pg_am ON pg_am.oid = relam AND amname = 'btree'
      WHERE indrelid = attrelid AND indkey[0] = attnum AND indisvalid AND indpred IS NULL
    ) AS "isIndexed"
    FROM pg_attribute
    JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = to_regclass(${quoted}) AND attnum > 0 AND NOT attisdropped`;
  if (columns.length === 0) throw new Error('there is no such table');
  const names = columns.map(({ name }) => name);
  const missing = ['time', 'callid', 'queuename', 'event'].filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`the table has no column ${missing.join(', ')}`);
  const timeType = columns.find(({ name }) => name === 'time')?.type ?? '';
  if (!TIME_TYPES.includes(timeType)) throw new Error(`its column time is of the type ${timeType}`);
  const [{ bytes = 0 } = {}] = await sql<{ bytes: number }[]>`
    SELECT pg_relation_size(to_regclass(${quoted}))::float8 AS bytes`;
  const shape: QueueLogTableShape = {
    table: quoted,
    order: orderOf(columns, bytes),
    timeType,
    timeText: timeTextOf(timeType),
    dataColumns: DATA_COLUMNS.filter((name) => names.includes(name)),
  };
  return shape;
}

function orderOf(columns: readonly Column[], bytes: number): 'id' | 'time' {
  const numbered = columns.filter(({ name, type }) => name === 'id' && /^(int[248]|numeric)$/.test(type));
  const usable = [...numbered, ...columns.filter(({ name }) => name === 'time')];
  const best = usable.find(({ isIndexed }) => isIndexed) ?? (bytes <= MOST_UNINDEXED_BYTES ? usable[0] : undefined);
  if (best === undefined) {
    const name = numbered.length > 0 ? 'id' : 'time';
    throw new Error(
      `all of its ${Math.round(bytes / 1024 ** 2)} MiB would be read each second: CREATE INDEX ON it (${name})`,
    );
  }
  return best.name === 'id' ? 'id' : 'time';
}

function timeTextOf(type: string): string {
  const form = `'YYYY-MM-DD HH24:MI:SS.US'`;
  if (type === 'timestamp') return `to_char("time", ${form})`;
  if (type === 'timestamptz') return `to_char("time" AT TIME ZONE 'UTC', ${form}) || 'Z'`;
  return `left("time"::text, 64)`;
}
