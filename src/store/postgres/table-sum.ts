import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { TableComparison, TableContent, TableSum } from '../../core/table-content.ts';
import { columnsHere, copyText } from './copy-text.ts';
import type { Session } from './session.ts';

/** Adds up rows as they pass by. */
export interface Summing {
  add(text: Uint8Array, rows: number): void;
  sum(): TableSum;
}

export function startSum(): Summing {
  const hash = createHash('sha256');
  let count = 0;
  return {
    add(text, rows) {
      hash.update(text);
      count += rows;
    },
    sum: () => ({ rows: count, sha256: hash.digest('hex') }),
  };
}

/** In `meta`: what belongs to this database alone, whoever filled it. */
export const BACKUP_MARK = 'backup_made_at';
const OWN_META = `name IN ('schema', '${BACKUP_MARK}')`;

/** What is left out where databases are compared, or removed before another's content is taken over. */
export function whereMoved(table: string): string {
  return table === 'meta' ? `WHERE NOT (${OWN_META})` : '';
}

/** Reads all of a table back, in the order of its key, as PostgreSQL writes it. */
export async function sumHere(session: Session, content: TableContent): Promise<TableSum> {
  const summing = startSum();
  await session.copyOut(
    `COPY (SELECT ${columnsHere(content).join(', ')} FROM ${content.table} ${whereMoved(content.table)}
      ORDER BY ${content.key.join(', ')}) TO STDOUT`,
    (row) => summing.add(row, 1),
  );
  return summing.sum();
}

async function countHere(session: Session, content: TableContent): Promise<number> {
  return Number(await session.value(`SELECT count(*) FROM ${content.table} ${whereMoved(content.table)}`));
}

/** Goes on to sums only where all numbers of rows are equal. @param onRows hears how many rows of the source were read */
export async function compareTables(
  session: Session,
  tables: readonly TableContent[],
  onRows: (rows: number) => void,
): Promise<TableComparison[]> {
  const counted: TableComparison[] = [];
  for (const content of tables) {
    const target = { rows: await countHere(session, content) };
    counted.push({ table: content.table, source: { rows: content.count() }, target });
  }
  if (counted.some(({ source, target }) => source.rows !== target.rows)) return counted;
  const compared: TableComparison[] = [];
  for (const content of tables) {
    const [target, source] = await Promise.all([sumHere(session, content), sumThere(content, onRows)]);
    compared.push({ table: content.table, source, target });
  }
  return compared;
}

async function sumThere(content: TableContent, onRows: (rows: number) => void): Promise<TableSum> {
  const summing = startSum();
  for (const { rows, text } of copyText(content)) {
    summing.add(text, rows);
    onRows(rows);
    await turn();
  }
  return summing.sum();
}
