import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TIME_FORMATS } from '../../client/src/contract.ts';
import { filtersOf } from '../app/filter-options.ts';
import { filterOf } from '../app/list-calls.ts';
import { openQueue } from '../app/open-queue.ts';
import { type ExportPiece, exportCalls, formatOfName, ROW_FORMATS } from '../app/row-files.ts';
import { loadSettings } from '../config.ts';
import { defineCommand, type Option } from './command.ts';
import { CommandFailedError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { filterOptions, typedFilters } from './filter-options.ts';
import { oneOf } from './parse-options.ts';
import { createProgress } from './progress.ts';

const OWN_OPTIONS = {
  format: {
    type: 'string',
    value: 'FORMAT',
    description: 'csv, tsv or jsonl; default: by the name of the output, else csv',
  },
  output: { type: 'string', value: 'FILE', description: 'write there instead of to standard output; .gz compresses' },
  'time-format': { type: 'string', value: 'FORMAT', description: 'local (default) or rfc3339' },
} as const satisfies Record<string, Option>;

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'writes calls as csv, tsv or jsonl, all as of one moment',
  details: `Filters mean what they mean in the API; one given several times is a list of values. Cells that a spreadsheet
would take for a formula get a ' in front, which import removes. Local times of an hour that a clock change
repeats carry their offset. An output file appears when it is complete, and then replaces one of that name.`,
  options: { ...OWN_OPTIONS, ...filterOptions } as typeof OWN_OPTIONS,
  async run({ values, env, cwd, stdout, stderr, signal }) {
    const format = oneOf('--format', values.format ?? formatOfName(values.output ?? '') ?? 'csv', ROW_FORMATS);
    const timeFormat = oneOf('--time-format', values['time-format'] ?? 'local', TIME_FORMATS);
    const open = await openQueue(loadSettings({ env, cwd }), 'read');
    try {
      const filter = filterOf(open, filtersOf(typedFilters(values)));
      const progress = createProgress(values.output === undefined ? undefined : stderr);
      const text = textOf(exportCalls({ ...open, filter, format, timeFormat }), progress.show, signal);
      if (values.output === undefined) await pipeline(Readable.from(text), stdout, { end: false });
      else await writeFile(text, resolve(cwd, values.output));
      progress.end();
      return EXIT.done;
    } finally {
      await open.store.close();
    }
  },
});

async function* textOf(pieces: AsyncIterable<ExportPiece>, show: (rows: number) => void, signal: AbortSignal) {
  let total = 0;
  for await (const { text, rows } of pieces) {
    if (signal.aborted) throw new CommandFailedError('Interrupted: the export is not complete');
    total += rows;
    show(total);
    yield text;
  }
}

async function writeFile(text: AsyncIterable<string>, path: string): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = createWriteStream(part);
    if (path.endsWith('.gz')) await pipeline(Readable.from(text), createGzip(), file);
    else await pipeline(Readable.from(text), file);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new CommandFailedError(`Cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
