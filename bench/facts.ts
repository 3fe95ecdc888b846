import { DatabaseSync } from 'node:sqlite';

export type SqlValue = string | number;

/** What requests are drawn from, and what answers are compared with: the database, read by the bench itself. */
export interface Facts extends Disposable {
  rows: number;
  /** Creation of the oldest and of the youngest call. */
  createdFrom: number;
  createdTo: number;
  campaigns: readonly string[];
  projects: readonly { id: number; calls: number }[];
  /** A column of the call with this place, from 0 to `rows` - 1 (ids begin at 1 and have no gaps). */
  valueAt(column: 'caller_id' | 'external_id', place: number): string | null;
  /** How many calls match. */
  countWhere(where: string, values: readonly SqlValue[]): number | Promise<number>;
  /** Ids of calls that match, ascending or in the order given in SQL; of all of them, or of one page. */
  idsWhere(
    where: string,
    values: readonly SqlValue[],
    page?: { limit: number; offset: number; order?: string | undefined },
  ): number[] | Promise<number[]>;
}

/** Those of a file are read at once. */
export interface FileFacts extends Facts {
  countWhere(where: string, values: readonly SqlValue[]): number;
  idsWhere(
    where: string,
    values: readonly SqlValue[],
    page?: { limit: number; offset: number; order?: string | undefined },
  ): number[];
}

/** @param path of a file, or its URL with `?immutable=1` when nobody writes to it */
export function openFacts(path: string): FileFacts {
  const database = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string, values: readonly SqlValue[] = []) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all(...values) as unknown as (string | number | null)[][];
  };
  const [[rows, createdFrom, createdTo] = []] = all('SELECT count(*), min(created_at), max(created_at) FROM calls');
  const named = all('SELECT DISTINCT campaign_name FROM calls WHERE campaign_name IS NOT NULL ORDER BY 1');
  const projects = all('SELECT project_id, count(*) FROM calls GROUP BY 1 ORDER BY 1');

  return {
    rows: rows as number,
    createdFrom: createdFrom as number,
    createdTo: createdTo as number,
    campaigns: named.map(([name]) => name as string),
    projects: projects.map(([id, calls]) => ({ id: id as number, calls: calls as number })),
    valueAt: (column, place) =>
      (all(`SELECT ${column} FROM calls WHERE id = ?`, [place + 1])[0]?.[0] ?? null) as string | null,
    // NOT INDEXED: an index that has lost a row would deceive the server and the check alike.
    countWhere: (where, values) =>
      all(`SELECT count(*) FROM calls NOT INDEXED WHERE ${where}`, values)[0]?.[0] as number,
    idsWhere(where, values, { limit, offset, order = 'id' } = { limit: -1, offset: 0 }) {
      const sql = `SELECT id FROM calls NOT INDEXED WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`;
      return all(sql, [...values, limit, offset]).map(([id]) => id as number);
    },
    [Symbol.dispose]: () => database.close(),
  };
}
