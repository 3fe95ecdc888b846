import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { SaveOutcome } from '../../client/src/contract.ts';
import { importCalls } from '../app/import-calls.ts';
import { openQueue } from '../app/open-queue.ts';
import { createRowParser, formatOfName, ROW_FORMATS, readRows } from '../app/row-files.ts';
import { loadSettings, type Settings } from '../config.ts';
import { createBadRows } from './bad-rows.ts';
import { defineCommand } from './command.ts';
import { CommandFailedError, UsageError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { keepMemorySmall } from './keep-memory-small.ts';
import { openInput } from './open-input.ts';
import { oneOf, wholeNumber } from './parse-options.ts';
import { createProgress } from './progress.ts';

export const importCommand = defineCommand({
  name: 'import',
  positionals: 'FILE|-',
  positionalCount: { min: 1, max: 1 },
  summary: 'stores the calls of a csv, tsv or jsonl file (- is standard input), all or none',
  details: `csv and tsv begin with a line that names row members (caller_id, project_id, …), jsonl has them as keys. An empty
cell or \\N is null. Times are local or RFC 3339. Computed members are ignored. Everything is one transaction, and
with one bad row nothing is stored; a server may run meanwhile and sees none of it before the end.`,
  options: {
    format: {
      type: 'string',
      value: 'FORMAT',
      description: 'csv, tsv or jsonl; default: by the name of the file, else csv',
    },
    project: {
      type: 'string',
      value: 'N',
      description: 'project of rows that name none; not needed when there is only one',
    },
    'keep-ids': {
      type: 'boolean',
      description: 'keep id, created_at, status, retries and the rest of the past as given',
    },
    'dry-run': { type: 'boolean', description: 'check everything, store nothing' },
    'skip-bad': { type: 'boolean', description: 'store the good rows, write the bad ones to a file' },
    'bad-file': {
      type: 'string',
      value: 'FILE',
      description: 'that file; default: the name of the input with .bad in it',
    },
    batch: { type: 'string', value: 'N', description: 'commit after every N rows instead of once at the end' },
  },
  async run({ values, positionals: [input = ''], env, cwd, stdin, stdout, stderr, signal }) {
    const format = oneOf('--format', values.format ?? formatOfName(input) ?? 'csv', ROW_FORMATS);
    const batch = values.batch === undefined ? undefined : wholeNumber('--batch', values.batch, { min: 1, max: 1e9 });
    if (values['bad-file'] !== undefined && !values['skip-bad']) throw new UsageError('--bad-file needs --skip-bad');
    const badFile = values['skip-bad'] ? resolve(cwd, values['bad-file'] ?? badFileName(input, format)) : undefined;
    if (badFile !== undefined && existsSync(badFile)) {
      throw new CommandFailedError(`${badFile} is there already; remove it or name another with --bad-file`);
    }
    const settings = loadSettings({ env, cwd });
    const defaultProjectId = projectOf(values.project, settings);
    const dryRun = values['dry-run'] ?? false;

    keepMemorySmall();
    const source = openInput(input, { cwd, stdin });
    const { store } = await openQueue(settings, 'write');
    const progress = createProgress(stderr);
    const badRows = createBadRows({ file: badFile, format, tell: progress.line });
    try {
      const outcome = await importCalls({
        store,
        rows: readRows(source, format),
        parse: createRowParser(settings, { keepIds: values['keep-ids'] ?? false, defaultProjectId }),
        repeatWindowSeconds: settings.repeatWindowSeconds,
        batch,
        dryRun,
        skipBad: badFile !== undefined,
        onBad: badRows.add,
        onProgress: progress.show,
        signal,
      });
      progress.end();
      badRows.end();
      const { read, bad, stored, outcomes, isInterrupted } = outcome;
      const kept = stored === 0 ? 'nothing is stored' : `${calls(stored)} of earlier batches are stored`;
      if (isInterrupted) throw new CommandFailedError(`Interrupted: ${kept}`);
      if (bad > 0 && badFile === undefined) throw new CommandFailedError(`${rows(bad, 'bad')} of ${read}: ${kept}`);
      if (bad > 0) stderr.write(`${rows(bad, 'bad')} of ${read}, written to ${badFile}\n`);
      stdout.write(
        dryRun
          ? `${rows(read - bad, 'good')}; dry run: nothing is stored\n`
          : `${calls(stored)} imported${told(outcomes)}\n`,
      );
      return EXIT.done;
    } catch (error) {
      progress.end();
      throw readError(error, input);
    } finally {
      badRows.end();
      await store.close();
    }
  },
});

function badFileName(input: string, format: string): string {
  if (input === '-') return `import.bad.${format}`;
  const name = input.replace(/\.gz$/i, '');
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}.bad${extension || `.${format}`}`;
}

function projectOf(typed: string | undefined, { projects }: Settings): number | undefined {
  if (typed === undefined) return projects.length === 1 ? projects[0]?.id : undefined;
  const id = wholeNumber('--project', typed, { min: 1, max: Number.MAX_SAFE_INTEGER });
  if (projects.some((project) => project.id === id)) return id;
  throw new UsageError(`--project: there is no project ${id} in the settings`);
}

function readError(error: unknown, input: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const name = input === '-' ? 'standard input' : basename(input);
  if (code === 'row_file') return new CommandFailedError(`${name}: ${message}`, { cause: error });
  if (code?.startsWith('Z_')) return new CommandFailedError(`${name}: damaged gzip: ${message}`, { cause: error });
  if (syscall === 'open' || syscall === 'read') {
    const reason = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' }[
      code ?? ''
    ];
    return new CommandFailedError(`${input}: ${reason ?? message}`, { cause: error });
  }
  return error;
}

/** Only where not all of them are new. */
function told({ created, updated, unchanged, in_progress: inProgress }: Readonly<Record<SaveOutcome, number>>): string {
  if (updated + unchanged + inProgress === 0) return '';
  return ` (${created} new, ${updated} updated, ${unchanged} unchanged, ${inProgress} left alone as somebody works on them)`;
}

const calls = (count: number) => `${count} ${count === 1 ? 'call' : 'calls'}`;
const rows = (count: number, kind: string) => `${count} ${kind} ${count === 1 ? 'row' : 'rows'}`;
