import { CallQueueError } from '../../core/errors.ts';

/** A file of rows that cannot be read any further; the message names the line and what to do. */
export class RowFileError extends CallQueueError {
  readonly code = 'row_file';

  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'RowFileError';
  }
}
