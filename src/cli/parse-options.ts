import { parseArgs } from 'node:util';
import { didYouMean } from '../config/nearest-word.ts';
import type { Command, Options } from './command.ts';
import { UsageError } from './command-errors.ts';

export interface ParsedOptions {
  values: Record<string, string | string[] | true>;
  positionals: string[];
  /** `--help` or `-h` stands somewhere among the options. */
  wantsHelp: boolean;
}

/**
 * Reads what stands behind the name of a command. `parseArgs` splits, the judging is done here, because its own strict
 * mode neither suggests the option that was meant nor takes values such as `-priority`.
 *
 * @throws UsageError
 */
export function parseOptions(command: Command, args: readonly string[]): ParsedOptions {
  const { options } = command;
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...pick(options), help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: ParsedOptions['values'] = {};
  const positionals: string[] = [];
  let wantsHelp = false;
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (name === 'help') {
      wantsHelp = true;
      continue;
    }
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined || !rawName.startsWith('--')) {
      throw new UsageError(`Unknown option ${rawName}${didYouMean(rawName, Object.keys(options).map(dashed))}`);
    }
    if (option.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`Option --${name} takes no value`);
      values[name] = true;
      continue;
    }
    // A value may begin with one dash (a sort order, a number), not with two: then it was forgotten.
    if (value === undefined || (!token.inlineValue && value.startsWith('--'))) {
      throw new UsageError(`Option --${name} needs a value: --${name} ${option.value ?? 'VALUE'}`);
    }
    const before = values[name];
    if (option.multiple) values[name] = [...(Array.isArray(before) ? before : []), value];
    else if (before !== undefined) throw new UsageError(`Option --${name} is given twice`);
    else values[name] = value;
  }
  if (!wantsHelp) checkPositionals(command, positionals);
  return { values, positionals, wantsHelp };
}

/** A whole number of an option (`--batch`) or a positional. @throws UsageError when it is none, or lies outside. */
export function wholeNumber(name: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${name}: ${JSON.stringify(value)} is no whole number from ${min} to ${max}`);
}

/** One of the words that an option knows. @throws UsageError */
export function oneOf<const W extends string>(name: string, value: string, words: readonly W[]): W {
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw new UsageError(`${name}: ${JSON.stringify(value)} is none of ${words.join(', ')}${didYouMean(value, words)}`);
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { min, max } = command.positionalCount ?? { min: 0, max: 0 };
  if (positionals.length < min) {
    throw new UsageError(`callqueue ${command.name} needs ${command.positionals}`);
  }
  if (positionals.length > max) {
    throw new UsageError(`callqueue ${command.name} does not know what to do with ${JSON.stringify(positionals[max])}`);
  }
}

const pick = (options: Options) =>
  Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }] as const));

const dashed = (name: string) => `--${name}`;
