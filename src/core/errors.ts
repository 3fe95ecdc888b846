/** Every failure that callqueue means to raise. Anything else that is thrown is a defect. */
export abstract class CallQueueError extends Error {
  /** A short word that programs can compare. */
  abstract readonly code: string;
}

/** Settings that cannot be used. Holds every mistake, so that they can be mended in one go. */
export class InvalidSettingsError extends CallQueueError {
  readonly code = 'invalid_settings';
  /** One sentence a mistake: the setting, the value seen, what is allowed. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.name = 'InvalidSettingsError';
    this.mistakes = mistakes;
  }
}

/** The database cannot be used right now; the same request may succeed later. */
export class StoreUnavailableError extends CallQueueError {
  readonly code = 'store_unavailable';
  /** It failed while something was made durable: it may have been stored. Otherwise it was not. */
  readonly isOutcomeUnknown: boolean;

  constructor(message: string, options: { cause?: unknown; isOutcomeUnknown?: boolean } = {}) {
    const { isOutcomeUnknown = false, ...others } = options;
    super(message, others);
    this.name = 'StoreUnavailableError';
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

/** The database cannot be used at all until somebody acts; the message says what to do. */
export class StoreUnusableError extends CallQueueError {
  readonly code = 'store_unusable';

  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'StoreUnusableError';
  }
}

/** A call that cannot be stored because an open call of the same project, external id and number exists. */
export class DuplicateCallError extends CallQueueError {
  readonly code = 'duplicate_call';
  /** The place of the call in the batch, from 0. */
  readonly index: number;

  constructor(index: number, message: string) {
    super(message);
    this.name = 'DuplicateCallError';
    this.index = index;
  }
}
