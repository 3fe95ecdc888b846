import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { ROW_MEMBERS } from '../../../client/src/contract.ts';
import type { Parameter } from '../parameter.ts';
import { type FileRow, LONGEST_ROW } from './file-row.ts';
import { RowFileError } from './row-file-error.ts';
import { unguardCell } from './spreadsheet-cell.ts';

/** A header line of row members, then one row a line (quoted cells may hold line ends). */
export async function* readDelimitedRows(text: AsyncGenerator<string>, format: 'csv' | 'tsv'): AsyncGenerator<FileRow> {
  const first = await text.next();
  if (first.done) throw new RowFileError('the file is empty, expected a header line of row members');
  const parser = parse({
    bom: true,
    delimiter: format === 'tsv' ? '\t' : separatorOf(first.value),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  });
  pipeline(Readable.from(prepend(first.value, text)), parser, () => undefined);

  let columns: readonly string[] | undefined;
  let line = 1;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      const begins = line;
      line += 1 + lineEnds(cells);
      if (cells.length === 1 && cells[0] === '') continue;
      if (columns === undefined) columns = header(cells);
      else yield rowOf(cells, columns, begins);
    }
  } catch (error) {
    if (error instanceof CsvError)
      throw new RowFileError(`line ${line} or after it: ${reasonOf(error)}`, { cause: error });
    throw error;
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
  const [headerLine = ''] = beginning.split(/[\r\n]/, 1);
  return headerLine.includes(';') && !headerLine.includes(',') ? ';' : ',';
}

/** csv-parse counts a CRLF inside quotes twice, so lines are counted here. */
function lineEnds(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells)
    if (cell.includes('\n') || cell.includes('\r')) count += cell.split(/\r\n|\r|\n/).length - 1;
  return count;
}

function reasonOf(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened and never closed';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'text behind a closing quote; a quote inside a cell is written twice';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote inside a cell that does not begin with one; put the cell in quotes and write the quote twice';
    case 'CSV_MAX_RECORD_SIZE':
      return 'a row longer than 1 MiB; is a quote open?';
    default:
      return error.message;
  }
}

async function* prepend(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
