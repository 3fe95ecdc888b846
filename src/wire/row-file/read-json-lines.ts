import type { Parameter } from '../parameter.ts';
import { decodeParameters } from '../parameters.ts';
import { Refusal } from '../refusal.ts';
import { type FileRow, LONGEST_ROW } from './file-row.ts';
import { RowFileError } from './row-file-error.ts';

/** One JSON object a line. Numbers keep their digits, as in the API. */
export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<FileRow> {
  let number = 0;
  for await (const line of linesOf(text)) {
    number++;
    if (line.trim() !== '') yield rowOf(line, number);
  }
}

function rowOf(line: string, number: number): FileRow {
  try {
    const members = decodeParameters({
      method: 'POST',
      contentType: 'application/json',
      query: '',
      body: Buffer.from(line),
      limits: { depth: 8, count: 10_000 },
    });
    return { line: number, source: line, members };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The place inside the line is worth keeping, its “line 1” is not.
    const mistake = error.message.replace(' at line 1, column', ' at column');
    return { line: number, source: line, members: new Map<string, Parameter>(), mistake };
  }
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let complete = 0;
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    complete += lines.length;
    if (rest.length > LONGEST_ROW) throw new RowFileError(`line ${complete + 1}: longer than 1 MiB`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
