import { type MoveOutcome, moveDatabase } from '../app/move-database.ts';
import type { Settings } from '../config.ts';
import type { Surroundings } from './command.ts';
import { CommandFailedError, UsageError } from './command-errors.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { keepMemorySmall } from './keep-memory-small.ts';
import { createProgress } from './progress.ts';
import { table } from './table.ts';

export interface MigrateToOptions {
  settings: Settings;
  /** As it was typed. */
  to: string;
  isCopyOnly: boolean;
  isReplacing: boolean;
  isDryRun: boolean;
}

/** `callqueue migrate --to`. @throws UsageError, CommandFailedError, and what move-database.ts throws */
export async function migrateTo(
  { to, settings, isDryRun, ...options }: MigrateToOptions,
  { stdout, stderr, signal }: Pick<Surroundings, 'stdout' | 'stderr' | 'signal'>,
): Promise<ExitCode> {
  if (!isAddress(to))
    throw new UsageError('--to: expected an address such as postgres://callqueue@host:5432/callqueue');
  keepMemorySmall();
  const progress = createProgress(stderr);
  const outcome = await moveDatabase({
    ...{ settings, to, isDryRun, ...options, signal },
    tell: (text) => progress.line(text),
    onProgress: progress.show,
  }).finally(progress.end);
  if (outcome.what === 'different') {
    stderr.write(comparison(outcome));
    throw new CommandFailedError(
      `${outcome.address} holds something else than ${outcome.path}, and stays as it is. Name an empty database, or ` +
        'give --replace: then all that it holds is removed, also what was made there since',
    );
  }
  stdout.write(`${sentence(outcome, isDryRun)}\n${comparison(outcome)}`);
  if (outcome.what === 'moved') stderr.write(`${nextStep(outcome.path, options.isCopyOnly)}\n`);
  return EXIT.done;
}

function sentence({ what, path, address }: MoveOutcome, isDryRun: boolean): string {
  if (what === 'same') return `${address} holds exactly what ${path} holds; nothing was copied`;
  return isDryRun ? `${path} would be copied to ${address}` : `${address} holds what ${path} holds`;
}

/** Numbers of rows, and the beginnings of the sums of both sides. */
function comparison({ what, tables }: MoveOutcome): string {
  return table(
    ['table', 'rows here', 'rows there', 'sha256 here', 'sha256 there', ''],
    tables.map(({ table: name, source, target }) => [
      name,
      source.rows.toLocaleString('en'),
      target.rows.toLocaleString('en'),
      source.sha256?.slice(0, 12) ?? '',
      target.sha256?.slice(0, 12) ?? '',
      what === 'different' && (source.rows !== target.rows || source.sha256 !== target.sha256) ? 'differs' : '',
    ]),
  );
}

function nextStep(path: string, isCopyOnly: boolean): string {
  if (isCopyOnly) {
    return (
      `What is stored in ${path} from now on is missing there. To move for good: stop the server, run this again with ` +
      '--replace and without --while-running.'
    );
  }
  return (
    `Set database to the address that was given here, with its password, and start the server. Put ${path} away: a ` +
    'server that is started on it again would hand out the same calls a second time.'
  );
}

/** Of one host, or several with commas between them. */
function isAddress(to: string): boolean {
  const [, scheme, hosts = '', rest = ''] = /^(postgres(?:ql)?:\/\/)([^/?]+)(.*)$/.exec(to) ?? [];
  return scheme !== undefined && hosts.split(',').every((host) => URL.canParse(`${scheme}${host}${rest}`));
}
