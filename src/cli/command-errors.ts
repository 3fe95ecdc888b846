import { CallQueueError } from '../core/errors.ts';

/** The command line cannot be understood; the process ends with 2. */
export class UsageError extends CallQueueError {
  readonly code = 'usage';

  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The command cannot do what it was asked to; the message is all that a person needs. The process ends with 1. */
export class CommandFailedError extends CallQueueError {
  readonly code = 'command_failed';

  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'CommandFailedError';
  }
}
