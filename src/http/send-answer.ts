import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../wire/envelope.ts';
import { codingFor, compress, isWorthCompressing } from './compression.ts';

/**
 * Sends an answer of the API: JSON, never stored by anything on the way, compressed if asked. There are no
 * `Access-Control-…` headers, on purpose: pages of other origins have no business here.
 */
export async function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  reply.code(answer.status).headers({
    ...answer.headers,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    vary: 'Accept-Encoding',
  });
  // No longer listening: the service is stopping, and the client should open its next connection elsewhere.
  if (!request.server.server.listening) reply.header('connection', 'close');
  const coding = isWorthCompressing(answer.body.length) ? codingFor(request.headers['accept-encoding']) : undefined;
  if (coding === undefined) return reply.send(answer.body);
  const body = await compress(answer.body, coding);
  return reply.header('content-encoding', coding).send(body);
}
