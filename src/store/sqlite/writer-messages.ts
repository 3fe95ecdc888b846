import type { Command, CommandContext } from '../../core/call-command.ts';
import type { TidyLimits } from '../../core/call-writer.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';
import type { CommittedGroup } from './group-commit.ts';

/** What the serving thread asks of the writing one, several requests a message. */
export type WriterRequest = { number: number } & (
  | { kind: 'execute'; command: Command; context: CommandContext }
  | { kind: 'tidy'; limits: TidyLimits }
  | { kind: 'check' }
  | { kind: 'close' }
);

/** What comes back. */
export type WriterReply =
  | { kind: 'ready' }
  | { kind: 'done'; number: number; result: unknown }
  | { kind: 'failed'; number: number; error: PlainError }
  /** Something was committed. Comes before the answers of the group. */
  | { kind: 'committed'; group: CommittedGroup }
  | { kind: 'fatal'; error: PlainError };

/** An error on its way to another thread, where its class would be lost. */
export interface PlainError {
  code: string;
  message: string;
  stack: string | undefined;
}

export function plainError(error: unknown): PlainError {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  return { code: typeof code === 'string' ? code : '', message: message ?? String(error), stack };
}

export function revivedError({ code, message, stack }: PlainError): Error {
  if (code === 'store_unavailable') return new StoreUnavailableError(message);
  if (code === 'store_unusable') return new StoreUnusableError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
