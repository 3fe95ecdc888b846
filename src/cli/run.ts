import { CallQueueError } from '../core/errors.ts';
import type { Command, Surroundings } from './command.ts';
import { UsageError } from './command-errors.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { commandHelp, overview, unknownCommand } from './help.ts';
import { parseOptions } from './parse-options.ts';
import { printable } from './printable.ts';

/**
 * Runs one command line.
 *
 * @param args without node and the name of the program
 * @returns the exit code; failures that were foreseen are told on stderr, anything else is thrown
 */
export async function run(
  commands: readonly Command[],
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  let command: Command | undefined;
  try {
    const [first] = args;
    if (first === undefined) {
      surroundings.stderr.write(overview(commands));
      return EXIT.usedWrongly;
    }
    if (['--help', '-h'].includes(first)) {
      surroundings.stdout.write(overview(commands));
      return EXIT.done;
    }
    command = commandOf(commands, args);
    const parsed = parseOptions(command, args.slice(command.name.split(' ').length));
    if (parsed.wantsHelp) {
      surroundings.stdout.write(commandHelp(command));
      return EXIT.done;
    }
    return await command.run({ ...parsed, ...surroundings } as Parameters<Command['run']>[0]);
  } catch (error) {
    if (!(error instanceof CallQueueError)) throw error;
    surroundings.stderr.write(
      error.message
        .split('\n')
        .map((line) => `callqueue: ${printable(line)}\n`)
        .join(''),
    );
    // What was typed as a filter is judged by the API, whose word for it is `refused`.
    if (!(error instanceof UsageError) && error.code !== 'refused') return EXIT.failed;
    surroundings.stderr.write(`See: callqueue help${command === undefined ? '' : ` ${command.name}`}\n`);
    return EXIT.usedWrongly;
  }
}

function commandOf(commands: readonly Command[], args: readonly string[]): Command {
  const [first = '', second] = args;
  const two = `${first} ${second}`;
  const found = commands.find(({ name }) => name === two) ?? commands.find(({ name }) => name === first);
  if (found !== undefined) return found;
  const parts = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1));
  if (parts.length === 0) throw unknownCommand(first, commands);
  if (second === undefined || second.startsWith('-')) {
    throw new UsageError(`callqueue ${first} needs one of: ${parts.join(', ')}`);
  }
  throw unknownCommand(two, commands);
}
