import { CallQueueError } from '../../core/errors.ts';

/** A request that must not be sent, since it would not arrive as meant. Nothing was sent. */
export class InvalidAmiActionError extends CallQueueError {
  readonly code = 'invalid_ami_action';
  readonly header: string;

  constructor(header: string, mistake: string) {
    super(`${header} ${mistake}`);
    this.name = 'InvalidAmiActionError';
    this.header = header;
  }
}

/** The PBX answered `Response: Error`: it did nothing of what was asked. */
export class AmiRefusedError extends CallQueueError {
  readonly code = 'ami_refused';
  /** What the PBX said, on one line. */
  readonly answer: string;

  constructor(action: string, answer: string) {
    super(`The PBX refuses ${action}: ${answer}`);
    this.name = 'AmiRefusedError';
    this.answer = answer;
  }
}

/**
 * While a PBX stops gracefully, for as long as calls last, it refuses every action, a Ping as well, lets nobody in, and goes
 * on telling of its calls.
 */
export function isShuttingDown(error: unknown): boolean {
  return error instanceof AmiRefusedError && /shutting down/i.test(error.answer);
}

/** No answer came: in time, or at all because the connection ended. */
export class AmiUnansweredError extends CallQueueError {
  readonly code = 'ami_unanswered';
  /** False when not a byte of it was sent: then the PBX cannot have done it. */
  readonly isOutcomeUnknown: boolean;

  constructor(action: string, reason: string, { isOutcomeUnknown }: { isOutcomeUnknown: boolean }) {
    super(`${action} was not answered: ${reason}`);
    this.name = 'AmiUnansweredError';
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

/** What a server said, fit for a log line and a page: one line, no control characters, not endless. */
export function shown(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, 200);
}
