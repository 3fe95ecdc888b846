import type { ErrorEnvelope, Problem, SuccessEnvelope } from './contract.ts';
import {
  type AnswerFacts,
  AuthenticationError,
  CallQueueApiError,
  ConflictError,
  ForbiddenError,
  InvalidAnswerError,
  RateLimitError,
  ServerError,
} from './errors.ts';
import { parseRetryAfter } from './retry.ts';

/** How much of a foreign answer an error quotes. */
const QUOTED_LENGTH = 200;

/** A token shorter than this is no secret, and would be found inside ordinary words. */
const SECRET_LENGTH = 8;

/**
 * Reads the envelope of an answer.
 *
 * @param url the address that answered, for errors
 * @param response its status and headers; the body was read already
 * @param text its body
 * @param token is cut out of whatever an error quotes: there are proxies that repeat the request in their error page
 * @throws CallQueueApiError or a subclass if the envelope says so, InvalidAnswerError if there is no envelope
 */
export function parseAnswer(url: string, response: Response, text: string, token: string): SuccessEnvelope<unknown> {
  const envelope = parseEnvelope(text);
  if (envelope !== undefined && !envelope.has_error && response.ok) return envelope;

  const facts: AnswerFacts = {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfterMs: parseRetryAfter(response.headers),
  };
  const hide = (quoted: string): string => (token.length < SECRET_LENGTH ? quoted : quoted.replaceAll(token, '***'));
  if (envelope?.has_error) throw apiError(facts, envelope, hide);
  throw new InvalidAnswerError(url, facts, whatIsWrong(response, text, hide));
}

function apiError(facts: AnswerFacts, envelope: ErrorEnvelope, hide: (text: string) => string): CallQueueApiError {
  const ErrorClass = errorClassOf(facts.status);
  // `errors` is an addition of callqueue; the API that it follows answers sentences only.
  const problems: readonly Problem[] = Array.isArray(envelope.errors) ? envelope.errors.filter(isProblem) : [];
  return new ErrorClass(
    facts,
    envelope.messages.map(hide),
    problems.map((problem) => ({ ...problem, message: hide(problem.message) })),
  );
}

function errorClassOf(status: number): typeof CallQueueApiError {
  if (status === 401) return AuthenticationError;
  if (status === 403) return ForbiddenError;
  if (status === 409) return ConflictError;
  if (status === 429) return RateLimitError;
  return status >= 500 ? ServerError : CallQueueApiError;
}

function whatIsWrong(response: Response, text: string, hide: (text: string) => string): string {
  // Browsers hide status and Location of a redirect that is not followed and call it opaque.
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    const target = response.headers.get('location');
    return `it redirects to ${target === null ? 'another address' : excerpt(hide(target))}; put the final address into url`;
  }
  if (text === '') return 'the answer is empty';
  const type = response.headers.get('content-type') ?? 'no content type';
  return `${type}, begins with ${excerpt(hide(text))}`;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > QUOTED_LENGTH ? `${line.slice(0, QUOTED_LENGTH)}…` : line;
}

function parseEnvelope(text: string): SuccessEnvelope<unknown> | ErrorEnvelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isEnvelope(value) ? value : undefined;
}

function isEnvelope(value: unknown): value is SuccessEnvelope<unknown> | ErrorEnvelope {
  if (typeof value !== 'object' || value === null) return false;
  const envelope = value as Record<string, unknown>;
  return (
    typeof envelope.has_error === 'boolean' &&
    Array.isArray(envelope.messages) &&
    envelope.messages.every((message) => typeof message === 'string') &&
    Array.isArray(envelope.results) &&
    typeof envelope.pagination === 'object' &&
    envelope.pagination !== null
  );
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string';
}
