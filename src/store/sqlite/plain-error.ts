import { StoreUnavailableError, StoreUnusableError } from '../../core/errors.ts';

/** An error on its way to another thread, where its class would be lost. */
export interface PlainError {
  code: string;
  message: string;
  stack: string | undefined;
  /** Of a StoreUnavailableError. */
  isOutcomeUnknown?: boolean;
}

export function plainError(error: unknown): PlainError {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const isOutcomeUnknown = error instanceof StoreUnavailableError && error.isOutcomeUnknown;
  return { code: typeof code === 'string' ? code : '', message: message ?? String(error), stack, isOutcomeUnknown };
}

export function revivedError({ code, message, stack, isOutcomeUnknown = false }: PlainError): Error {
  if (code === 'store_unavailable') return new StoreUnavailableError(message, { isOutcomeUnknown });
  if (code === 'store_unusable') return new StoreUnusableError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
