import { LONGEST_ROW } from './file-row.ts';
import { RowFileError } from './row-file-error.ts';

export interface CellRow {
  /** Where it begins, from 1. */
  line: number;
  cells: string[];
}

/** A row that was read, and where it ends; undefined: the text ends before the row does. */
type Found = { cells: string[]; end: number } | undefined;

/**
 * Splits text into rows of cells (RFC 4180: cells may stand in quotes, and then hold separators, line ends and doubled
 * quotes; a quote inside a cell that does not begin with one is an ordinary character). Done here and not by csv-parse,
 * which throws away the rows before an error, counts a CRLF inside quotes as two lines, and took three times as long.
 *
 * @throws RowFileError, with the line of the row that cannot be read
 */
export async function* splitCells(text: AsyncIterable<string>, separator: string): AsyncGenerator<CellRow> {
  let rest = '';
  let line = 1;
  function* rows(isEnd: boolean): Generator<CellRow> {
    let at = 0;
    while (at < rest.length) {
      const found = readRow(rest, { at, separator, isEnd, line });
      if (found === undefined) break;
      yield { line, cells: found.cells };
      line += lineEnds(rest, at, found.end);
      at = found.end;
    }
    rest = rest.slice(at);
    if (rest.length > LONGEST_ROW) throw new RowFileError(`line ${line}: a row longer than 1 MiB; is a quote open?`);
  }
  for await (const chunk of text) {
    rest += chunk;
    yield* rows(false);
  }
  yield* rows(true);
}

interface Place {
  at: number;
  separator: string;
  /** Whether nothing comes after the text. */
  isEnd: boolean;
  line: number;
}

function readRow(text: string, place: Place): Found {
  const { at, separator, isEnd } = place;
  const lineEnd = text.indexOf('\n', at);
  if (lineEnd < 0 && !isEnd) return undefined;
  const end = lineEnd < 0 ? text.length : lineEnd;
  const row = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
  return row.includes('"') ? readQuotedRow(text, place) : { cells: row.split(separator), end: end + 1 };
}

function readQuotedRow(text: string, { at, separator, isEnd, line }: Place): Found {
  const cells: string[] = [];
  for (let begin = at; ; ) {
    const cell = text[begin] === '"' ? quotedCell(text, begin, isEnd) : plainCell(text, begin, separator);
    if (cell === 'open') {
      if (!isEnd) return undefined;
      throw new RowFileError(`line ${line}: a quote is opened and never closed`);
    }
    const { value, end } = cell;
    // Two characters decide what follows a cell: they have to be there.
    if (end + 1 >= text.length && !isEnd) return undefined;
    cells.push(value);
    if (text[end] === separator) begin = end + 1;
    else if (end >= text.length || text[end] === '\n') return { cells, end: end + 1 };
    else if (text.startsWith('\r\n', end) || (text[end] === '\r' && end + 1 === text.length))
      return { cells, end: end + 2 };
    else
      throw new RowFileError(
        `line ${line}: text behind a closing quote; a quote inside a quoted cell is written twice`,
      );
  }
}

function quotedCell(text: string, begin: number, isEnd: boolean): { value: string; end: number } | 'open' {
  for (let quote = text.indexOf('"', begin + 1); quote >= 0; quote = text.indexOf('"', quote + 2)) {
    if (text[quote + 1] === '"') continue;
    if (quote + 1 === text.length && !isEnd) return 'open';
    return { value: text.slice(begin + 1, quote).replaceAll('""', '"'), end: quote + 1 };
  }
  return 'open';
}

function plainCell(text: string, begin: number, separator: string): { value: string; end: number } {
  let end = begin;
  while (end < text.length && text[end] !== separator && text[end] !== '\n') end++;
  if (text[end - 1] === '\r' && text[end] !== separator && end > begin) end--;
  return { value: text.slice(begin, end), end };
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
