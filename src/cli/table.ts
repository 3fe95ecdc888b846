import { printable } from './printable.ts';

/** Nothing in a table is wider; what is cut can be read with --json. */
const WIDEST = 40;

/** Columns under their names, aligned, each line without control characters. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cut(printable(cell))));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => [...(row[index] ?? '')].length)),
  );
  const line = (row: readonly string[]) =>
    `${row
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd()}\n`;
  return [columns, ...cells].map(line).join('');
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length > WIDEST ? `${characters.slice(0, WIDEST - 1).join('')}…` : text;
}
