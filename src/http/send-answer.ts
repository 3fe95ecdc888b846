import { type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../wire/envelope.ts';
import { codingFor, compress, isWorthCompressing } from './compression.ts';

const CONTENT_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  vary: 'Accept-Encoding',
} as const;

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
    return reply.header('content-encoding', coding).send(await compress(answer, coding));
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
function sendPieces(response: ServerResponse, body: readonly (Uint8Array | string)[]): void {
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

const COMMON_LINES = linesOf({ 'x-content-type-options': 'nosniff', ...CONTENT_HEADERS });

/**
 * The same answer as it is written to a connection that stays open where Node does not write it: the same
 * head, letter by letter, and what follows it.
 */
export function answerPieces(
  { status, headers, body }: Answer,
  { requestId, keepAliveMs }: { requestId: string; keepAliveMs: number },
): readonly (Uint8Array | string)[] {
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-request-id: ${requestId}\r\n${COMMON_LINES}${linesOf(headers)}` +
    `content-length: ${bodyBytes(body)}\r\nDate: ${httpDate()}\r\nConnection: keep-alive\r\n` +
    `Keep-Alive: timeout=${keepAliveMs / 1000}\r\n\r\n`;
  if (typeof body === 'string') return [head + body];
  if (body instanceof Uint8Array) return [head, body];
  const [first, ...others] = body;
  return typeof first === 'string' ? [head + first, ...others] : [head, ...body];
}

function linesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

let date = { second: Number.NaN, text: '' };

/** Of this second, as RFC 9110, 5.6.7 writes it. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== date.second) date = { second, text: new Date(second * 1000).toUTCString() };
  return date.text;
}
