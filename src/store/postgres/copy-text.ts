import { StoreUnusableError } from '../../core/errors.ts';
import { nameWords } from '../../core/search-text.ts';
import type { ColumnValue, TableContent } from '../../core/table-content.ts';

/** The columns of a table here: calls have one more, in which names are searched. */
export function columnsHere({ table, columns }: TableContent): readonly string[] {
  return table === 'calls' ? [...columns, 'name_words'] : columns;
}

/**
 * The rows of a table in the text format of COPY, some at a time, letter by letter as PostgreSQL itself would write them.
 * @throws StoreUnusableError at a row that PostgreSQL cannot keep
 */
export function* copyText(content: TableContent): Generator<{ rows: number; text: Buffer }> {
  const namePlace = content.table === 'calls' ? content.columns.indexOf('caller_id_name') : -1;
  for (const rows of content.rows()) {
    let text = '';
    for (const row of rows) {
      text += line(content, namePlace < 0 ? row : [...row, wordsOf(row[namePlace])]);
    }
    yield { rows: rows.length, text: Buffer.from(text) };
  }
}

/** As in derived-values.ts. */
function wordsOf(name: ColumnValue | undefined): string | null {
  return (typeof name === 'string' && nameWords(name)) || null;
}

const SPECIAL = /[\0\b\t\n\v\f\r\\]/;
const ESCAPED: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
};

function line(content: TableContent, row: readonly ColumnValue[]): string {
  let text = '';
  for (const [place, value] of row.entries()) {
    if (place > 0) text += '\t';
    if (value === null) text += '\\N';
    else if (typeof value === 'number') text += value;
    else if (typeof value === 'string') text += SPECIAL.test(value) ? escaped(content, row, value) : value;
    else text += `\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  }
  return `${text}\n`;
}

function escaped({ table, columns, key }: TableContent, row: readonly ColumnValue[], value: string): string {
  if (value.includes('\0')) {
    const place = key.map((column) => `${column} ${row[columns.indexOf(column)]}`).join(', ');
    throw new StoreUnusableError(
      `PostgreSQL cannot keep the NUL character that stands in ${table}, ${place}; take it out first`,
    );
  }
  return value.replace(/[\b\t\n\v\f\r\\]/g, (character) => ESCAPED[character] as string);
}
