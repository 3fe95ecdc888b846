import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { errorAnswer } from '../wire/envelope.ts';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import { MAX_HEADER_BYTES } from './http-settings.ts';
import type { Metrics } from './metrics.ts';

export interface ConnectionOptions {
  maxConnections: number;
  /** Told of each over which Node has stopped to read HTTP. */
  notHttp(socket: Socket): void;
  nextRequestId: () => string;
  logger: Logger;
  metrics: Metrics;
}

/** How long a refused connection may take to read its answer. */
const GOODBYE_MS = 1000;
/** Refused connections that are told why; those beyond are cut, or refusing would itself take what is to be saved. */
const GOODBYES = 1000;

/**
 * What happens to connections before there is a request that a route could answer: too many of them, bytes that are not
 * HTTP, clients that are too slow. Each is told why, in the envelope, as far as the connection allows.
 */
export function guardConnections(server: Server, options: ConnectionOptions): OpenConnections {
  const open = capConnections(server, options);
  answerBrokenRequests(server, options);

  // Node would say `100 Continue` at once, and the body would come before anybody looked at the token.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  // Unknown expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket: Socket) => {
    options.notHttp(socket);
    const refusal = new Refusal(405, [messages.methodNotAllowed('CONNECT', 'GET, POST')], { allow: 'GET, POST' });
    socket.end(rawAnswer(refusal, options.nextRequestId()));
  });
  return open;
}

export interface OpenConnections {
  /** Closes those over which nothing ever came: browsers and pools open them in advance, and Node never calls them idle. */
  closeUnused(): void;
}

/** Node's own `maxConnections` drops connections without a word. */
function capConnections(
  server: Server,
  { maxConnections, nextRequestId, metrics }: ConnectionOptions,
): OpenConnections {
  const open = new Set<Socket>();
  let goodbyes = 0;
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');

  server.on('connection', (socket: Socket) => {
    if (open.size < maxConnections) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      for (const listener of accept) listener.call(server, socket);
      return;
    }
    metrics.connectionRefused();
    if (goodbyes >= GOODBYES) {
      socket.destroy();
      return;
    }
    goodbyes += 1;
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => {
      goodbyes -= 1;
      clearTimeout(timer);
    });
    socket.on('error', () => socket.destroy());
    // What the client sends is read and dropped: closing over unread bytes would reset the connection, answer and all.
    socket.resume();
    const refusal = new Refusal(503, [messages.tooManyConnections()], { 'retry-after': '1' });
    socket.end(rawAnswer(refusal, nextRequestId()));
  });

  return {
    closeUnused() {
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}

/** Requests that Node's parser gives up on. */
function answerBrokenRequests(server: Server, { nextRequestId, logger, metrics }: ConnectionOptions): void {
  server.on('clientError', (error: ClientError, socket: Duplex & { _httpMessage?: unknown }) => {
    const { code = '' } = error;
    if (code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
      socket.destroy();
      return;
    }
    const refusal = brokenRequest(error);
    const requestId = nextRequestId();
    const address = (socket as Duplex & { remoteAddress?: string }).remoteAddress;
    metrics.requestDone({ action: 'none', status: refusal.status, seconds: 0 });
    logger.info({ requestId, status: refusal.status, reason: code, address }, 'broken request');
    socket.end(rawAnswer(refusal, requestId), () => socket.destroy());
  });
}

/** What Node's parser says about a request that it gives up on. */
interface ClientError extends Error {
  code?: string;
  rawPacket?: Buffer;
}

function brokenRequest({ code, rawPacket }: ClientError): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') return new Refusal(431, [messages.headersTooLarge(MAX_HEADER_BYTES)]);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Refusal(408, [messages.requestTimeout()]);
  // To the parser a method that it does not know and anything that is no HTTP are the same.
  const method = /^([A-Z-]{1,100}) \S+ HTTP\/1\.\d\r\n/.exec(rawPacket?.toString('latin1', 0, 1000) ?? '')?.[1];
  if (code === 'HPE_INVALID_METHOD' && method !== undefined) {
    return new Refusal(405, [messages.methodNotAllowed(method, 'GET, POST')], { allow: 'GET, POST' });
  }
  return new Refusal(400, [messages.malformedRequest()]);
}

/** Whether an answer is on its way already, so that another one in the middle of it would be garbage. */
function hasBegunToAnswer(socket: { _httpMessage?: unknown }): boolean {
  return (socket._httpMessage as { headersSent?: boolean } | null | undefined)?.headersSent === true;
}

function rawAnswer(refusal: Refusal, requestId: string): string {
  const { status, headers, body } = errorAnswer(refusal, requestId);
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
