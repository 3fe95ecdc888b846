import type { Problem } from '../../client/src/contract.ts';
import type { JsonSchema } from './json-schema.ts';
import { inData, messages } from './messages.ts';

/** How an answer looks that is none of the expected: for every status the same envelope, with its own sentences. */

const problemSchema: JsonSchema = {
  type: 'object',
  properties: {
    code: { type: 'string', description: 'A short word for programs.' },
    message: { type: 'string', description: 'A plain sentence for people.' },
    field: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'The parameter concerned.' },
    row: {
      anyOf: [{ type: 'integer' }, { type: 'null' }],
      description: 'The row of a save or update, counted from 1.',
    },
    call: { $ref: '#/components/schemas/Call' },
  },
  required: ['code', 'message', 'field', 'row'],
};

export const errorEnvelopeSchema: JsonSchema = {
  type: 'object',
  description: 'Whatever went wrong, all of it at once.',
  properties: {
    has_error: { const: true },
    messages: { type: 'array', items: { type: 'string' }, minItems: 1 },
    pagination: { type: 'array', maxItems: 0 },
    results: { type: 'array', maxItems: 0 },
    errors: { type: 'array', items: problemSchema, description: 'The same as messages, in the same order.' },
  },
  required: ['has_error', 'messages', 'pagination', 'results', 'errors'],
};

/** The envelope of a success around the results of an action. */
export function successEnvelopeSchema(results: JsonSchema, pagination: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      has_error: { const: false },
      messages: { type: 'array', maxItems: 0 },
      pagination,
      results: { type: 'array', items: results },
    },
    required: ['has_error', 'messages', 'pagination', 'results'],
  };
}

interface ErrorStatus {
  name: string;
  description: string;
  example: Problem;
  retryAfter?: true;
}

const statuses: Readonly<Record<number, ErrorStatus>> = {
  400: {
    name: 'BadRequest',
    description: 'Anything wrong in the parameters.',
    example: messages.invalidFilter('statusxxx'),
  },
  401: {
    name: 'Unauthorized',
    description: 'No token, a wrong one, or a wrong hash.',
    example: messages.invalidToken(),
  },
  403: {
    name: 'Forbidden',
    description: 'The token may not do this, or not for this project.',
    example: messages.projectNotAllowed(2),
  },
  404: {
    name: 'NotFound',
    description: 'No such address; or a call that does not exist, or not for this token.',
    example: inData(messages.unknownCall(4711)),
  },
  405: {
    name: 'MethodNotAllowed',
    description: 'Neither GET nor POST.',
    example: messages.methodNotAllowed('PUT', 'GET, POST'),
  },
  409: {
    name: 'Conflict',
    description: 'Somebody else holds a call, it is in the wrong status, or it was changed since. Nothing was done.',
    example: inData(messages.held(1, 'ana', '2026-11-24 14:10:00')),
  },
  413: { name: 'TooLarge', description: 'The body is too large.', example: messages.bodyTooLarge(16 * 1024 * 1024) },
  415: { name: 'UnsupportedMediaType', description: 'The body cannot be read.', example: messages.bodyEncoded('gzip') },
  422: {
    name: 'KeyReused',
    description: 'The idempotency key belongs to another request. Nothing was done.',
    example: messages.keyReused(),
  },
  429: {
    name: 'TooManyRequests',
    description: 'Too many failed logins.',
    example: messages.tooManyFailedLogins(60),
    retryAfter: true,
  },
  500: {
    name: 'InternalError',
    description: 'Our fault; the log has more under the reference.',
    example: messages.internalError('c7a1e3d0'),
  },
  503: {
    name: 'Unavailable',
    description: 'Starting, stopping, or the database is away.',
    example: messages.storeUnavailable(),
    retryAfter: true,
  },
};

/** For `components.responses`. */
export function errorResponses(): Record<string, object> {
  return Object.fromEntries(Object.values(statuses).map((status) => [status.name, errorResponse(status)]));
}

/** For `responses` of an operation. */
export function errorReferences(): Record<string, object> {
  return Object.fromEntries(
    Object.entries(statuses).map(([status, { name }]) => [status, { $ref: `#/components/responses/${name}` }]),
  );
}

function errorResponse({ description, example, retryAfter }: ErrorStatus): object {
  const value = { has_error: true, messages: [example.message], pagination: [], results: [], errors: [example] };
  const seconds = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 0 } } };
  return {
    description,
    ...(retryAfter ? { headers: seconds } : {}),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' }, example: value } },
  };
}
