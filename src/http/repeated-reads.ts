import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Login } from '../wire/authenticate.ts';
import type { Answer } from '../wire/envelope.ts';
import { bringBody } from './brought-body.ts';
import { codingFor, isWorthCompressing } from './compression.ts';
import { declaredLength } from './read-body.ts';
import type { AnsweredRequest } from './request-log.ts';
import { bodyBytes, COMMON_HEADERS, sendPieces } from './send-answer.ts';

/** Answers a read again, as of now. @throws as the API does */
export type Repeat = () => Promise<Answer>;

/** The ways of `node:http` and of the framework behind it. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Reads that are asked again, byte for byte, by who was let in a moment ago: their hash is verified and their parameters
 * are read already, so they are answered before the framework sees them. Of 40 us a request, that is 25. Whatever is in
 * any way unusual, or goes wrong, takes the ordinary way, with the body that was received.
 */
export interface RepeatedReads {
  handle(request: IncomingMessage, response: ServerResponse, ordinary: Handler): void;
  /** A request was answered well in the ordinary way, and would be so again by `repeat`. */
  remember(request: IncomingMessage, login: Login, repeat: Repeat): void;
}

export interface RepeatedReadsOptions {
  url: string;
  /** Whether requests are answered, and new connections taken. */
  isServing(): boolean;
  nextRequestId(request: IncomingMessage): string;
  log(answered: AnsweredRequest): void;
  /** Proxies say who asks; the ordinary way knows whether they are believed. */
  hasProxies: boolean;
}

const MOST_REPEATS = 4_096;
const LONGEST_BODY = 2_048;
/** For so long a connection that was let in need not be looked at again. Beside it the authenticator remembers for 5 s. */
const LET_IN_MS = 2_000;
const MOST_LOGINS = 1_000;

/** A header that asks for something of its own. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'idempotency-key'] as const;

interface LetIn {
  authorization: Buffer;
  login: Login;
  /** The same for the same credential and key, whenever they were let in. */
  number: number;
  until: number;
}

interface Work {
  request: IncomingMessage;
  response: ServerResponse;
  known: LetIn;
  begun: number;
}

export function createRepeatedReads(options: RepeatedReadsOptions): RepeatedReads {
  const { url, isServing, nextRequestId, log, hasProxies } = options;
  const repeats = new Map<string, Repeat>();
  const logins = new Map<string, number>();
  const letIn = new WeakMap<Socket, LetIn>();
  const received = new WeakMap<IncomingMessage, string>();
  let lastNumber = 0;

  function knownLogin(request: IncomingMessage, now: number): LetIn | undefined {
    const known = letIn.get(request.socket);
    if (known === undefined || now >= known.until) return undefined;
    const given = Buffer.from(request.headers.authorization ?? '', 'latin1');
    // Behind a proxy others may use the same connection: what they learn from the time taken is nothing.
    const isSame = given.length === known.authorization.length && timingSafeEqual(given, known.authorization);
    return isSame ? known : undefined;
  }

  function isPlain(request: IncomingMessage): boolean {
    const { headers } = request;
    const length = declaredLength(request);
    return (
      request.method === 'POST' &&
      request.url === url &&
      length > 0 &&
      length <= LONGEST_BODY &&
      headers.host !== undefined &&
      !UNUSUAL.some((name) => headers[name] !== undefined) &&
      !(hasProxies && headers['x-forwarded-for'] !== undefined) &&
      isIP(request.socket.remoteAddress ?? '') !== 0 &&
      hasOneAuthorization(request) &&
      isServing()
    );
  }

  async function answer({ request, response, known, begun }: Work, repeat: Repeat): Promise<boolean> {
    let answered: Answer;
    try {
      answered = await repeat();
    } catch {
      // The ordinary way meets the same and tells it.
      return false;
    }
    const accepted = request.headers['accept-encoding'];
    const bytes = bodyBytes(answered.body);
    const isCompressed = accepted !== undefined && isWorthCompressing(bytes) && codingFor(accepted) !== undefined;
    if (isCompressed || !isServing()) return false;
    const requestId = nextRequestId(request);
    const address = request.socket.remoteAddress ?? 'unknown';
    response.once('close', () =>
      log({
        requestId,
        method: 'POST',
        path: url,
        action: 'read',
        status: 200,
        ms: performance.now() - begun,
        tokenName: known.login.credential.name,
        address,
        isOpen: false,
      }),
    );
    response.writeHead(200, ['x-request-id', requestId, ...COMMON_HEADERS, 'content-length', String(bytes)]);
    sendPieces(response, answered.body);
    return true;
  }

  return {
    handle(request, response, ordinary) {
      const begun = performance.now();
      const known = isPlain(request) ? knownLogin(request, begun) : undefined;
      if (known === undefined) {
        ordinary(request, response);
        return;
      }
      receive(request, async (body) => {
        const key = body && keyOf(known.number, request, body);
        const repeat = key === undefined ? undefined : repeats.get(key);
        if (repeat !== undefined && (await answer({ request, response, known, begun }, repeat))) return;
        bringBody(request, body);
        if (key !== undefined) received.set(request, key);
        ordinary(request, response);
      });
    },
    remember(request, login, repeat) {
      const { authorization } = request.headers;
      if (authorization === undefined || !isPlain(request)) return;
      const identity = JSON.stringify(login);
      if (logins.size >= MOST_LOGINS) logins.clear();
      const number = logins.get(identity) ?? ++lastNumber;
      logins.set(identity, number);
      letIn.set(request.socket, {
        authorization: Buffer.from(authorization, 'latin1'),
        login,
        number,
        until: performance.now() + LET_IN_MS,
      });
      const key = received.get(request);
      if (key === undefined) return;
      const [oldest] = repeats.keys();
      if (repeats.size >= MOST_REPEATS && oldest !== undefined) repeats.delete(oldest);
      repeats.set(key, repeat);
    },
  };
}

function keyOf(number: number, { headers }: IncomingMessage, body: Buffer): string {
  return `${number}\n${headers['content-type'] ?? ''}\n${body.toString('latin1')}`;
}

/** Node keeps the first of several and drops the others silently. */
function hasOneAuthorization({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  return count === 1;
}

/** @param done told the body; undefined when the connection ended before it */
function receive(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let isDone = false;
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => {
    isDone = true;
    done(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
  // Comes at the end of every request, whatever its end was.
  request.once('close', () => {
    if (!isDone) done(undefined);
  });
}
