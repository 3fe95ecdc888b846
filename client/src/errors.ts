import type { Problem, Row } from './contract.ts';

/**
 * The errors of this client. Three things are thrown that are not of this family: a TypeError for options or
 * parameters that cannot be sent, the reason of a signal that the caller aborted, and what `wait` throws.
 * No message holds the token or the key.
 */
export abstract class CallQueueClientError extends Error {
  abstract override readonly name: string;
  /** A word for programs that cannot use `instanceof`, e.g. across realms. */
  abstract readonly code: string;
}

/** What is known of an answer that was a refusal or could not be used. */
export interface AnswerFacts {
  /** HTTP status. */
  readonly status: number;
  /** `X-Request-Id` of the answer: the server's log has the same. Undefined when something else answered. */
  readonly requestId: string | undefined;
  /** How long the server asks to wait before the next try, from `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/** The server understood the request and refused it: 400, 404, 405, 413, 415, 422; other statuses have a subclass. */
export class CallQueueApiError extends CallQueueClientError implements AnswerFacts {
  override readonly name: string = 'CallQueueApiError';
  readonly code: string = 'refused';
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Everything that is wrong with the request, one plain sentence each. */
  readonly messages: readonly string[];
  /** The same for programs: code, field and row. Empty when the server sent sentences only. */
  readonly errors: readonly Problem[];

  constructor(facts: AnswerFacts, messages: readonly string[], errors: readonly Problem[]) {
    super(`${messages.join('; ') || 'The request was refused without a reason'} (${described(facts)})`);
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.messages = messages;
    this.errors = errors;
  }
}

/** 401: the token is missing or unknown, or `api_hash` does not fit, which most often means a wrong `key`. */
export class AuthenticationError extends CallQueueApiError {
  override readonly name = 'AuthenticationError';
  override readonly code = 'unauthenticated';
}

/** 403: the token is good, but may not do this or may not see this project. */
export class ForbiddenError extends CallQueueApiError {
  override readonly name = 'ForbiddenError';
  override readonly code = 'forbidden';
}

/**
 * 409: somebody else holds the call, it was changed meanwhile, or it is in the wrong status; which of these says
 * `errors[].code`, for every call that stands in the way.
 */
export class ConflictError extends CallQueueApiError {
  override readonly name = 'ConflictError';
  override readonly code = 'conflict';

  /** The calls as they are now, where the server sends them along: of an update, those that were changed since. */
  get calls(): readonly Row[] {
    return this.errors.flatMap(({ call }) => (call === undefined ? [] : [call]));
  }
}

/** 429, after the retries were used up or because `retryAfterMs` is more than `maxRetryDelayMs`. */
export class RateLimitError extends CallQueueApiError {
  override readonly name = 'RateLimitError';
  override readonly code = 'rate_limited';
}

/** 5xx: the server failed (500; the message names the reference to look for in its log) or is not ready (503). */
export class ServerError extends CallQueueApiError {
  override readonly name = 'ServerError';
  override readonly code = 'server_error';
}

/** No complete answer within `timeoutMs`. */
export class TimeoutError extends CallQueueClientError {
  override readonly name = 'TimeoutError';
  readonly code = 'timeout';

  constructor(url: string, timeoutMs: number) {
    super(`No complete answer from ${url} within ${timeoutMs} ms`);
  }
}

/** No connection, or it broke before the answer was complete. `cause` is what the runtime's fetch threw. */
export class NetworkError extends CallQueueClientError {
  override readonly name = 'NetworkError';
  readonly code = 'network';

  constructor(url: string, cause: unknown) {
    super(`No answer from ${url}: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * The changes after `since` are no longer kept, or never were (another database was restored): nothing tells what was
 * missed. Read all calls again, then go on with `changes({ since: error.nextSince })`: whatever changes while you read
 * comes then.
 */
export class FeedResetError extends CallQueueClientError {
  override readonly name = 'FeedResetError';
  readonly code = 'feed_reset';
  /** Where to go on once everything was read. */
  readonly nextSince: number;

  constructor(since: number, nextSince: number) {
    super(`The changes after ${since} are not kept: read all calls again, then go on from ${nextSince}`);
    this.nextSince = nextSince;
  }
}

/** Something answered, but not this API: a proxy's page, a redirect, another program, or half of an answer. */
export class InvalidAnswerError extends CallQueueClientError implements AnswerFacts {
  override readonly name = 'InvalidAnswerError';
  readonly code = 'invalid_answer';
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(url: string, facts: AnswerFacts, reason: string) {
    super(`${url} did not answer as the callqueue API does: ${reason} (${described(facts)})`);
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

function described(facts: AnswerFacts): string {
  return facts.requestId === undefined
    ? `status ${facts.status}`
    : `status ${facts.status}, request ${facts.requestId}`;
}

/** Node's fetch says only "fetch failed"; what happened stands in its cause. Browsers say no more than their message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause;
  if (!(inner instanceof Error)) return error.message;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  // When every address of a name fails Node throws an AggregateError, whose own message is empty.
  return [error.message, inner.message || code].filter((part) => part !== '').join(': ');
}
