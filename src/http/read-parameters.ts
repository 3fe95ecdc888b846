import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { Login } from '../wire/authenticate.ts';
import { checkHash } from '../wire/check-hash.ts';
import { checkTime } from '../wire/check-time.ts';
import { show } from '../wire/field-types.ts';
import { messages } from '../wire/messages.ts';
import type { ParameterMap } from '../wire/parameter.ts';
import { decodeParameters } from '../wire/parameters.ts';
import { Refusal } from '../wire/refusal.ts';
import { clientAddress } from './client-address.ts';
import type { HttpLimits } from './http-settings.ts';
import { createBodyReader } from './read-body.ts';
import { queryOf } from './request-path.ts';

/**
 * Receives and decodes the parameters of a request, and holds its hash against them.
 * @param note told of the parameters before the hash is judged, so that the log can say what a refused request wanted
 */
export type ParameterReader = (
  request: FastifyRequest,
  reply: FastifyReply,
  note?: (parameters: ParameterMap) => void,
) => Promise<ParameterMap>;

const NOTHING = new Uint8Array(0);

/** One for the server: large bodies are counted over all routes. */
export function createParameterReader(options: { limits: HttpLimits; clock: Clock; logger: Logger }): ParameterReader {
  const { limits, clock, logger } = options;
  const readBody = createBodyReader({ maxBytes: limits.bodyBytes, maxLarge: limits.largeBodies });
  const parameterLimits = { depth: limits.depth, count: limits.parameters };

  return async (request, reply, note) => {
    const { key } = loginOf(request);
    const method = request.method === 'POST' ? 'POST' : 'GET';
    const parameters = decodeParameters({
      method,
      contentType: request.headers['content-type'],
      query: queryOf(request),
      body: method === 'POST' ? await readBody(request.raw, reply.raw) : NOTHING,
      limits: parameterLimits,
    });
    note?.(parameters);
    checkRequestHash(request, key, parameters);
    return parameters;
  };

  /** A wrong hash goes into the audit, but does not count as a failed login: whoever sent it has a good token. */
  function checkRequestHash(request: FastifyRequest, key: string | null, parameters: ParameterMap): void {
    try {
      checkHash(key, parameters);
      checkTime(parameters, clock.now());
    } catch (error) {
      if (error instanceof Refusal) {
        const reason = error.problems[0]?.code;
        const tokenName = request.login?.credential.name;
        const address = clientAddress(request);
        logger.warn({ audit: 'hash_refused', reason, tokenName, address, requestId: request.id }, 'hash refused');
      }
      throw error;
    }
  }
}

/** Who asks; admission.ts lets nobody through without. */
export function loginOf({ login }: FastifyRequest): Login {
  if (login === null) throw new Error('A request reached the API without a login');
  return login;
}

/**
 * For addresses that name what they do: a member `action` must agree with them.
 * @throws Refusal 400
 */
export function requireActionOf(parameters: ParameterMap, name: string): void {
  const action = parameters.get('action') ?? null;
  if (action === null || action === '' || action === name) return;
  throw new Refusal(400, [messages.actionMismatch(name, show(action))]);
}
