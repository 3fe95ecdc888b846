import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, wholeBody } from '../wire/envelope.ts';
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
  const { body } = answer;
  const bytes = lengthOf(body);
  const coding = isWorthCompressing(bytes) ? codingFor(request.headers['accept-encoding']) : undefined;
  if (coding !== undefined)
    return reply.header('content-encoding', coding).send(await compress(wholeBody(answer), coding));
  if (typeof body === 'string' || body instanceof Uint8Array) return reply.send(body);
  return sendPieces(reply, body, bytes);
}

/**
 * Piece by piece, as one write to the system. Joining a page of 58 KB with the few bytes around it cost as much as all
 * other work on its request.
 */
function sendPieces(reply: FastifyReply, pieces: readonly (string | Uint8Array)[], bytes: number): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(reply.statusCode, { ...(reply.getHeaders() as OutgoingHttpHeaders), 'content-length': bytes });
  for (const piece of pieces.slice(0, -1)) raw.write(piece);
  raw.end(pieces.at(-1));
  return reply;
}

function lengthOf(body: Answer['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  return body.reduce((sum, piece) => sum + lengthOf(piece), 0);
}
