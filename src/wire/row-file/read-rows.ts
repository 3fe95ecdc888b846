import type { FileRow } from './file-row.ts';
import { readDelimitedRows } from './read-delimited-rows.ts';
import { readJsonLines } from './read-json-lines.ts';
import { readText } from './read-text.ts';
import type { RowFormat } from './row-format.ts';

/**
 * Reads rows one by one, in constant memory.
 *
 * @throws RowFileError when nothing after this line can be trusted: an encoding, a header, an open quote
 */
export function readRows(source: AsyncIterable<Uint8Array>, format: RowFormat): AsyncIterable<FileRow> {
  const text = readText(source);
  return format === 'jsonl' ? readJsonLines(text) : readDelimitedRows(text, format);
}
