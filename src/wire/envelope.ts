import type {
  ChangesPagination,
  CursorPagination,
  ErrorEnvelope,
  PagePagination,
  Problem,
} from '../../client/src/contract.ts';
import { StoreUnavailableError } from '../core/errors.ts';
import { messages } from './messages.ts';
import { Refusal } from './refusal.ts';

/** An answer of the API, ready to be sent. The body is JSON. */
export interface Answer {
  status: number;
  /** Beyond those that every answer has; names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Several pieces are sent one after the other, so that a large one need not be copied. */
  body: Uint8Array | string | readonly (Uint8Array | string)[];
}

/** Whose body is in one piece. */
export type TextAnswer = Answer & { body: string };

/** The body of an answer in one piece. */
export function wholeBody({ body }: Answer): string | Uint8Array {
  return Array.isArray(body) ? Buffer.concat(body.map((piece) => Buffer.from(piece))) : (body as string | Uint8Array);
}

/** Null for actions that do not page: `[]` travels. */
export type Pagination = PagePagination | CursorPagination | ChangesPagination | null;

const RETRY_AFTER_SECONDS = '5';

/** A success with results that are still values. */
export function successAnswer(
  pagination: Pagination,
  results: readonly unknown[],
  headers: Answer['headers'] = {},
): Answer {
  return { status: 200, headers, body: `${head(pagination)}${JSON.stringify(results)}}` };
}

/** A success with results that are JSON already: objects joined by commas, copied unread. */
export function renderedAnswer(pagination: Pagination, json: Uint8Array): Answer {
  return { status: 200, headers: {}, body: [`${head(pagination)}[`, json, ']}'] };
}

/**
 * Whatever was thrown, as the caller may know it: what they did wrong, that the database is away, or that it is our
 * fault under this reference, which stands in the log beside the cause.
 */
export function errorAnswer(error: unknown, reference: string): TextAnswer {
  if (error instanceof Refusal) return problemAnswer(error.status, error.problems, error.headers);
  if (error instanceof StoreUnavailableError) {
    const problem = error.isOutcomeUnknown ? messages.storeOutcomeUnknown() : messages.storeUnavailable();
    return problemAnswer(503, [problem], { 'retry-after': RETRY_AFTER_SECONDS });
  }
  return problemAnswer(500, [messages.internalError(reference)], {});
}

function head(pagination: Pagination): string {
  return `{"has_error":false,"messages":[],"pagination":${JSON.stringify(pagination ?? [])},"results":`;
}

function problemAnswer(status: number, errors: readonly Problem[], headers: Refusal['headers']): TextAnswer {
  const envelope: ErrorEnvelope = {
    has_error: true,
    messages: errors.map((problem) => problem.message),
    pagination: [],
    results: [],
    errors: [...errors],
  };
  return { status, headers, body: JSON.stringify(envelope) };
}
