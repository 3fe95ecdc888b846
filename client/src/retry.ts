import { type AnswerFacts, CallQueueApiError, InvalidAnswerError, NetworkError } from './errors.ts';

/** Too many requests; not ready; and what a proxy says while the server behind it restarts. */
const TEMPORARY_STATUSES: readonly number[] = [429, 502, 503, 504];

/** The first wait when the server names none; also the most that is added at random to what it names. */
const BASE_DELAY_MS = 300;

/**
 * How long to wait before a request is sent again, or undefined if that makes no sense.
 *
 * @param error what the try ended with
 * @param attempt the number of tries so far, from 1
 * @param maxDelayMs the longest acceptable wait
 * @param random a number from 0 up to 1
 */
export function retryDelayMs(
  error: unknown,
  attempt: number,
  maxDelayMs: number,
  random: () => number = Math.random,
): number | undefined {
  if (!isTemporary(error)) return undefined;
  const asked = error instanceof NetworkError ? undefined : error.retryAfterMs;
  if (asked === undefined) {
    const longest = Math.min(BASE_DELAY_MS * 2 ** (attempt - 1), maxDelayMs);
    return Math.round(longest * (1 - random() / 2));
  }
  if (asked > maxDelayMs) return undefined;
  return Math.min(Math.round(asked + random() * BASE_DELAY_MS), maxDelayMs);
}

/**
 * `Retry-After` in milliseconds: whole seconds or an HTTP date (RFC 9110, 10.2.3). The date is compared with the
 * `Date` of the same answer where there is one, so that a wrong clock on this side does not matter.
 */
export function parseRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const answeredAt = Date.parse(headers.get('date') ?? '');
  return Math.max(0, until - (Number.isNaN(answeredAt) ? Date.now() : answeredAt));
}

function isTemporary(error: unknown): error is NetworkError | (AnswerFacts & Error) {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof CallQueueApiError || error instanceof InvalidAnswerError)) return false;
  // A conflict that will pass: the try before, whose answer was lost, is still at work.
  const isPassing = error.status === 409 && error.retryAfterMs !== undefined;
  return isPassing || TEMPORARY_STATUSES.includes(error.status);
}
