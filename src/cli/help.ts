import { didYouMean } from '../config/nearest-word.ts';
import { type Command, defineCommand } from './command.ts';
import { UsageError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';

/** The command `help`, which needs to know all others. */
export function createHelp(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'help',
    positionals: '[COMMAND]',
    positionalCount: { min: 0, max: 2 },
    summary: 'explains a command',
    options: {},
    async run({ positionals, stdout }) {
      const name = positionals.join(' ');
      if (name === '') {
        stdout.write(overview(commands()));
        return EXIT.done;
      }
      const found = commands().filter((command) => command.name === name || command.name.startsWith(`${name} `));
      if (found.length === 0) throw unknownCommand(name, commands());
      stdout.write(found.map(commandHelp).join('\n'));
      return EXIT.done;
    },
  });
}

export function unknownCommand(name: string, commands: readonly Command[]): UsageError {
  const names = new Set(commands.flatMap((command) => [command.name, command.name.split(' ', 1)[0] as string]));
  return new UsageError(`Unknown command ${JSON.stringify(name)}${didYouMean(name, names)}`);
}

export function overview(commands: readonly Command[]): string {
  const rows = commands.map((command) => [
    [command.name, command.positionals].filter(Boolean).join(' '),
    command.summary,
  ]);
  return `callqueue keeps the calls that should be made and answers the CallQueue API.

Usage: callqueue COMMAND [OPTIONS]     (in a checkout: npm exec -- callqueue COMMAND [OPTIONS])

${columns(rows)}

callqueue help COMMAND explains one of them. Settings: callqueue.yaml or CALLQUEUE_* variables, see docs/configuration.md.
Exit codes: 0 done, 1 failed, 2 used wrongly.
`;
}

export function commandHelp(command: Command): string {
  const { name, positionals, summary, details, options } = command;
  const rows = Object.entries(options).map(([option, { type, value, multiple, description }]) => [
    `--${option}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}${multiple ? ' …' : ''}`,
    description,
  ]);
  const usage = ['callqueue', name, positionals, rows.length > 0 ? '[OPTIONS]' : undefined].filter(Boolean).join(' ');
  return [
    `Usage: ${usage}\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.\n`,
    details === undefined ? undefined : `${details.trim()}\n`,
    rows.length > 0 ? `Options:\n${columns(rows)}\n` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join('\n');
}

function columns(rows: readonly (readonly (string | undefined)[])[]): string {
  const width = Math.min(32, Math.max(...rows.map(([left = '']) => left.length)));
  return rows
    .map(([left = '', right = '']) =>
      left.length > width ? `  ${left}\n  ${''.padEnd(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
}
