import type { Readable, Writable } from 'node:stream';
import type { ExitCode } from './exit-code.ts';

/** What a command may touch of the process that it runs in. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: Readable;
  /** Results and nothing else. */
  stdout: Writable & { isTTY?: boolean; columns?: number };
  /** What people read meanwhile. */
  stderr: Writable & { isTTY?: boolean; columns?: number };
  /** Aborted by the first SIGINT or SIGTERM. */
  signal: AbortSignal;
}

export interface Option {
  type: 'string' | 'boolean';
  /** May be given several times; the values are collected. */
  multiple?: true;
  /** How help names the value: `FILE`. */
  value?: string;
  description: string;
}

export type Options = Readonly<Record<string, Option>>;

export type OptionValues<O extends Options> = {
  [Name in keyof O]?: O[Name]['type'] extends 'boolean' ? true : O[Name]['multiple'] extends true ? string[] : string;
};

export interface CommandFacts<O extends Options> {
  /** As it is typed: `token create`. */
  name: string;
  /** What stands behind the name, options left out: `FILE|-`. */
  positionals?: string;
  /** How many positionals there must be; default none. */
  positionalCount?: { min: number; max: number };
  /** One line of `callqueue help`. */
  summary: string;
  /** Further paragraphs of `callqueue help COMMAND`. */
  details?: string;
  options: O;
  run(invocation: { values: OptionValues<O>; positionals: string[] } & Surroundings): Promise<ExitCode>;
}

export type Command = CommandFacts<Options>;

/** Types what `run` gets by the options that are described beside it. */
export function defineCommand<const O extends Options>(facts: CommandFacts<O>): Command {
  return facts as unknown as Command;
}
