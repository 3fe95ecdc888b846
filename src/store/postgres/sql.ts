import type { SqlValue } from './row-columns.ts';
import type { Condition } from './where-clause.ts';

/** SQL put together of pieces; numbers are bound. Values stay in the order in which they stand in the text. */
export function sql(texts: TemplateStringsArray, ...pieces: readonly (Condition | number)[]): Condition {
  let text = texts[0] ?? '';
  const values: SqlValue[] = [];
  for (const [place, piece] of pieces.entries()) {
    if (typeof piece === 'number') values.push(piece);
    else values.push(...piece.values);
    text += (typeof piece === 'number' ? '?' : piece.sql) + (texts[place + 1] ?? '');
  }
  return { sql: text, values };
}

/** A piece without values. Never anything that a caller sends. */
export function raw(text: string): Condition {
  return { sql: text, values: [] };
}
