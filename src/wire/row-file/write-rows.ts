import { ROW_MEMBERS, type Row } from '../../../client/src/contract.ts';
import type { FileRow } from './file-row.ts';
import type { RowFormat } from './row-format.ts';
import { guardCell } from './spreadsheet-cell.ts';

export interface RowWriter {
  /** What stands before the first row. */
  head: string;
  /** One row with the line end behind it. */
  line(row: Row): string;
}

/** Writes rows so that an import of the result gives the same rows, and a spreadsheet computes none of it. */
export function createRowWriter(format: RowFormat): RowWriter {
  if (format === 'jsonl') return { head: '', line: (row) => `${JSON.stringify(row)}\n` };
  const separator = SEPARATORS[format];
  const cell = (value: Row[keyof Row]): string => {
    if (value === null || value === undefined) return '';
    return guardCell(typeof value === 'object' ? JSON.stringify(value) : String(value));
  };
  return {
    head: `${ROW_MEMBERS.join(separator)}\n`,
    line: (row) =>
      joined(
        ROW_MEMBERS.map((member) => cell(row[member])),
        format,
      ),
  };
}

/** A row as it was read, to be mended and read again: its line, and the header that belongs above it. */
export function sourceOf({ source }: FileRow, format: RowFormat): { head: string; line: string } {
  if (typeof source === 'string') return { head: '', line: `${source}\n` };
  if (format === 'jsonl') throw new TypeError('Rows of JSON have no cells');
  return { head: joined(source.columns, format), line: joined(source.cells, format) };
}

const SEPARATORS = { csv: ',', tsv: '\t' } as const;
const NEEDS_QUOTES = /[",\t\r\n]/;

function joined(cells: readonly string[], format: 'csv' | 'tsv'): string {
  const quoted = cells.map((cell) => (NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${quoted.join(SEPARATORS[format])}\n`;
}
