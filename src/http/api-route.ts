import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ACTIONS, isWord } from '../../client/src/contract.ts';
import { checkHash } from '../wire/check-hash.ts';
import type { ParameterMap } from '../wire/parameter.ts';
import { decodeParameters } from '../wire/parameters.ts';
import { Refusal } from '../wire/refusal.ts';
import type { Phase } from './backend.ts';
import { clientAddress } from './client-address.ts';
import { readyBackend } from './gate.ts';
import type { HttpLimits } from './http-settings.ts';
import { createBodyReader } from './read-body.ts';
import { queryOf } from './request-path.ts';
import { sendAnswer } from './send-answer.ts';

const NOTHING = new Uint8Array(0);

/**
 * The one endpoint of the API: `GET` and `POST /api/call-queue`, where the member `action` selects what is done, and
 * `POST /api/call-queue/ACTION` for tools that know only paths.
 */
export function registerApi(
  server: FastifyInstance,
  options: { phase: () => Phase; limits: HttpLimits; logger: Logger },
): void {
  const { phase, limits, logger } = options;
  const readBody = createBodyReader({ maxBytes: limits.bodyBytes, maxLarge: limits.largeBodies });
  const parameterLimits = { depth: limits.depth, count: limits.parameters };

  server.route({ method: ['GET', 'POST'], url: '/api/call-queue', handler: answer });
  server.route<{ Params: { action: string } }>({
    method: 'POST',
    url: '/api/call-queue/:action',
    handler: (request, reply) => answer(request, reply, request.params.action),
  });

  async function answer(request: FastifyRequest, reply: FastifyReply, pathAction?: string): Promise<FastifyReply> {
    const { api } = readyBackend(phase());
    // The gate lets nobody through without a login.
    if (request.login === null) throw new Error('A request reached the API without a login');
    const { credential, key } = request.login;

    const method = request.method === 'POST' ? 'POST' : 'GET';
    const body = method === 'POST' ? await readBody(request.raw, reply.raw) : NOTHING;
    const parameters = decodeParameters({
      method,
      contentType: request.headers['content-type'],
      query: queryOf(request),
      body,
      limits: parameterLimits,
    });
    request.action = knownAction(pathAction ?? parameters.get('action'));
    checkRequestHash(request, key, parameters);
    return sendAnswer(request, reply, await api.handle({ credential, parameters, pathAction }));
  }

  /** A wrong hash goes into the audit, but does not count as a failed login: whoever sent it has a good token. */
  function checkRequestHash(request: FastifyRequest, key: string | null, parameters: ParameterMap): void {
    try {
      checkHash(key, parameters);
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

function knownAction(name: unknown): string | null {
  return typeof name === 'string' && isWord(ACTIONS, name) ? name : null;
}
