import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, wholeBody } from '../wire/envelope.ts';
import { codingFor, compress, isWorthCompressing } from './compression.ts';

const CONTENT_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  vary: 'Accept-Encoding',
} as const;

/** Of answers of the API, beside the id of the request: names and values by turns. */
export const COMMON_HEADERS: readonly string[] = Object.entries({
  'x-content-type-options': 'nosniff',
  ...CONTENT_HEADERS,
}).flat();

/**
 * Sends an answer of the API: JSON, never stored by anything on the way, compressed if asked. There are no
 * `Access-Control-…` headers, on purpose: pages of other origins have no business here.
 */
export async function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  reply.code(answer.status).headers({
    ...answer.headers,
    ...CONTENT_HEADERS,
  });
  // No longer listening: the service is stopping, and the client should open its next connection elsewhere.
  if (!request.server.server.listening) reply.header('connection', 'close');
  const { body } = answer;
  const bytes = bodyBytes(body);
  const coding = isWorthCompressing(bytes) ? codingFor(request.headers['accept-encoding']) : undefined;
  if (coding !== undefined) {
    return reply.header('content-encoding', coding).send(await compress(wholeBody(answer), coding));
  }
  if (typeof body === 'string' || body instanceof Uint8Array) return reply.send(body);
  reply.hijack();
  const headers = reply.getHeaders() as OutgoingHttpHeaders;
  reply.raw.writeHead(answer.status, { ...headers, 'content-length': bytes });
  sendPieces(reply.raw, body);
  return reply;
}

/**
 * Piece by piece, as one write to the system. Joining a page of 58 KB with the few bytes around it cost as much as all
 * other work on its request.
 */
export function sendPieces(response: ServerResponse, body: Answer['body']): void {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  const last = body.length - 1;
  for (const [place, piece] of body.entries()) {
    if (place < last) response.write(piece);
    else response.end(piece);
  }
}

export function bodyBytes(body: Answer['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  return body.reduce((sum, piece) => sum + bodyBytes(piece), 0);
}
