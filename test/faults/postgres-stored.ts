import postgres from 'postgres';
import type { Client, Row } from '#client';
import type { Entry, Stored } from './stored.ts';

/** Everything there is, as readStored of a file: rows as the API answers them, the rest by plain SQL. */
export async function readPostgresStored(client: Client, url: string): Promise<Stored> {
  const rows: Row[] = [];
  for await (const row of client.calls({}, { timeFormat: 'rfc3339' })) rows.push(row);
  await using sql = openPlainSql(url);
  const history = await sql.all<Entry>(`SELECT call_id::int AS "callId", number::int, at::int, actor, event,
    from_status AS "from", to_status AS "to" FROM history ORDER BY call_id, number`);
  return { rows, history, feed: await readPostgresFeed(sql), damage: [] };
}

/** The change feed in its order. */
export function readPostgresFeed(sql: PlainSql): Promise<Stored['feed']> {
  return sql.all('SELECT sequence::int, call_id::int AS "callId" FROM changes ORDER BY sequence');
}

/** A connection or two of our own, past everything that is to be judged. */
export interface PlainSql extends AsyncDisposable {
  all<T extends object>(text: string, values?: readonly unknown[]): Promise<T[]>;
}

export function openPlainSql(url: string): PlainSql {
  const sql = postgres(url, { max: 4, onnotice: () => undefined });
  return {
    all: async (text, values = []) => [...(await sql.unsafe(text, [...values] as never[]))] as never,
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  };
}
