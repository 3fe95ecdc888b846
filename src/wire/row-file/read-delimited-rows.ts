import { ROW_MEMBERS } from '../../../client/src/contract.ts';
import type { Parameter } from '../parameter.ts';
import type { FileRow } from './file-row.ts';
import { RowFileError } from './row-file-error.ts';
import { splitCells } from './split-cells.ts';
import { unguardCell } from './spreadsheet-cell.ts';

/** A header line of row members, then one row a line (quoted cells may hold line ends). */
export async function* readDelimitedRows(text: AsyncGenerator<string>, format: 'csv' | 'tsv'): AsyncGenerator<FileRow> {
  let beginning = '';
  // Blank lines may stand in front, and a pipe may bring the header in pieces.
  for (let next = await text.next(); !next.done; next = await text.next()) {
    beginning += next.value;
    if (/\S.*\n/.test(beginning) || beginning.length > 65_536) break;
  }
  beginning = beginning.replace(/^\ufeff/, '');
  const separator = format === 'tsv' ? '\t' : separatorOf(beginning);

  let columns: readonly string[] | undefined;
  for await (const { line, cells } of splitCells(prepend(beginning, text), separator)) {
    if (cells.length === 1 && cells[0] === '') continue;
    if (columns === undefined) columns = header(cells);
    else yield rowOf(cells, columns, line);
  }
  if (columns === undefined) throw new RowFileError('the file is empty, expected a header line of row members');
}

function rowOf(cells: readonly string[], columns: readonly string[], line: number): FileRow {
  const members = new Map<string, Parameter>();
  const source = { columns, cells };
  if (cells.length !== columns.length) {
    return { line, source, members, mistake: `${cells.length} cells, but the header has ${columns.length}` };
  }
  for (let index = 0; index < columns.length; index++) {
    const cell = cells[index] as string;
    if (cell !== '' && cell !== '\\N') members.set(columns[index] as string, unguardCell(cell));
  }
  return { line, source, members };
}

function header(cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  const problems: string[] = [];
  const known: readonly string[] = ROW_MEMBERS;
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) problems.push(`unknown column ${JSON.stringify(name.slice(0, 100))}`);
    else if (names.indexOf(name) !== index) problems.push(`column ${name} stands there twice`);
  }
  if (problems.length === 0) return names;
  const cut = problems.slice(0, 10).join(', ') + (problems.length > 10 ? ', …' : '');
  throw new RowFileError(`header line: ${cut} (expected some of ${known.join(', ')})`);
}

/** Spreadsheets of countries with a decimal comma write semicolons into their CSV; no member holds either. */
function separatorOf(beginning: string): string {
  const headerLine = /\S.*/.exec(beginning)?.[0] ?? '';
  return headerLine.includes(';') && !headerLine.includes(',') ? ';' : ',';
}

async function* prepend(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
