import postgres from 'postgres';
import type { Facts, SqlValue } from './facts.ts';

/**
 * As `openFacts`, for a database whose calls can be compared.
 * @param drawn what requests are drawn from
 */
export function openPostgresFacts(address: string, drawn: Facts): Facts & { close(): Promise<void> } {
  // Without indexes: one that has lost a row would deceive the server and the check alike.
  const connection = { enable_indexscan: false, enable_indexonlyscan: false, enable_bitmapscan: false };
  const sql = postgres(address, { max: 1, connection: connection as object, onnotice: () => undefined });
  const all = async (text: string, values: readonly SqlValue[]) => {
    let place = 0;
    const numbered = text.replaceAll('?', () => `$${++place}`);
    return sql.unsafe(numbered, [...values]).values();
  };
  return {
    ...drawn,
    async countWhere(where, values) {
      return Number((await all(`SELECT count(*) FROM calls WHERE ${where}`, values))[0]?.[0]);
    },
    async idsWhere(where, values, page) {
      const part = page === undefined ? '' : ` LIMIT ${page.limit} OFFSET ${page.offset}`;
      return (await all(`SELECT id FROM calls WHERE ${where} ORDER BY ${page?.order ?? 'id'}${part}`, values)).map(
        ([id]) => Number(id),
      );
    },
    close: () => sql.end(),
  };
}
