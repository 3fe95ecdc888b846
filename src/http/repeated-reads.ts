import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Login } from '../wire/authenticate.ts';
import type { Answer } from '../wire/envelope.ts';
import { authorizationHeaders } from './admission.ts';
import { type Coding, codingFor, compress, isWorthCompressing } from './compression.ts';
import { ConnectionBytes, type Pieces, type QuickAnswer } from './connection-bytes.ts';
import { declaredLength } from './read-body.ts';
import type { AnsweredRequest } from './request-log.ts';
import { answerPieces, bodyBytes } from './send-answer.ts';

/** Answers a read again, as of now. @throws as the API does */
export type Repeat = () => Promise<Answer>;

/**
 * Reads that are asked again, byte for byte, head and body, over a connection that was let in a moment ago: Node and the
 * framework have read these very bytes before, their hash is verified and their parameters are known, so they are answered
 * from what came in, before any of that. Whatever is in any way unusual, or goes wrong, takes the ordinary way.
 */
export interface RepeatedReads {
  /** Node has stopped to read HTTP over a connection. */
  leave(socket: Socket): void;
  /** Node has read a request. */
  begun(request: IncomingMessage, response: ServerResponse): void;
  /** A request was answered well in the ordinary way, and would be so again by `repeat`. */
  remember(request: IncomingMessage, login: Login, repeat: Repeat): void;
  /** Whether an answer is on its way over a connection that is idle to Node. */
  readonly isAnswering: boolean;
}

export interface RepeatedReadsOptions {
  /** The address of the API, without a query. */
  url: string;
  keepAliveMs: number;
  /** Whether requests are answered, and new connections taken. */
  isServing(): boolean;
  /** @param given what the caller calls the request */
  nextRequestId(given: unknown): string;
  log(answered: AnsweredRequest): void;
  /** Proxies say who asks; the ordinary way knows whether they are believed. */
  hasProxies: boolean;
}

const MOST_REPEATS = 4_096;
/** For so long a connection that was let in need not be looked at again. Beside it the authenticator remembers for 5 s. */
const LET_IN_MS = 2_000;
const MOST_LOGINS = 1_000;

/** A header that asks for something of its own. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'idempotency-key', 'upgrade'] as const;

interface LetIn {
  login: Login;
  /** The same for the same credential and key, whenever they were let in. */
  number: number;
  until: number;
}

interface Known {
  repeat: Repeat;
  /** Who asked: their token is among the bytes. */
  number: number;
  method: string;
  givenId: unknown;
  coding: Coding | undefined;
}

export function createRepeatedReads(options: RepeatedReadsOptions): RepeatedReads {
  const { url, keepAliveMs, isServing, nextRequestId, log, hasProxies } = options;
  /** By all bytes of the request. */
  const known = new Map<string, Known>();
  const logins = new Map<string, number>();
  const connections = new WeakMap<Socket, ConnectionBytes>();
  const letIn = new WeakMap<ConnectionBytes, LetIn>();
  let lastNumber = 0;
  let answering = 0;

  function isPlain(request: IncomingMessage): boolean {
    const { headers } = request;
    return (
      isAskedPlainly(request) &&
      request.httpVersion === '1.1' &&
      headers.host !== undefined &&
      (headers.connection === undefined || headers.connection.toLowerCase() === 'keep-alive') &&
      !UNUSUAL.some((name) => headers[name] !== undefined) &&
      !(hasProxies && headers['x-forwarded-for'] !== undefined) &&
      isIP(request.socket.remoteAddress ?? '') !== 0 &&
      authorizationHeaders({ raw: request }).length === 1 &&
      isServing()
    );
  }

  /** By a form or JSON in the body, or by the address. */
  function isAskedPlainly(request: IncomingMessage): boolean {
    const length = declaredLength(request);
    if (request.method === 'POST') return request.url === url && length > 0;
    return request.method === 'GET' && request.url?.startsWith(`${url}?`) === true && length === 0;
  }

  function follow(socket: Socket): ConnectionBytes | undefined {
    const connection = ConnectionBytes.follow(socket, (from, bytes) => quickAnswer(from, socket, bytes));
    if (connection !== undefined) connections.set(socket, connection);
    return connection;
  }

  function loginNumber(login: Login): number {
    const identity = JSON.stringify(login);
    if (logins.size >= MOST_LOGINS) logins.clear();
    const number = logins.get(identity) ?? ++lastNumber;
    logins.set(identity, number);
    return number;
  }

  function quickAnswer(connection: ConnectionBytes, socket: Socket, bytes: Buffer): QuickAnswer | undefined {
    const begun = performance.now();
    const by = letIn.get(connection);
    if (by === undefined || begun >= by.until || !isServing()) return undefined;
    const asked = known.get(keyOf(bytes));
    if (asked === undefined || asked.number !== by.number) return undefined;
    let requestId: string | undefined;
    const pieces = async (): Promise<Pieces | undefined> => {
      let answer: Answer;
      try {
        answer = await encoded(await asked.repeat(), asked.coding);
      } catch {
        // The ordinary way meets the same and tells it.
        return undefined;
      }
      if (!isServing()) return undefined;
      requestId = nextRequestId(asked.givenId);
      return answerPieces(answer, { requestId, keepAliveMs });
    };
    answering += 1;
    return {
      pieces: pieces(),
      sent() {
        answering -= 1;
        if (requestId === undefined) return;
        log({
          requestId,
          method: asked.method,
          path: url,
          action: 'read',
          status: 200,
          ms: performance.now() - begun,
          tokenName: by.login.credential.name,
          address: socket.remoteAddress ?? 'unknown',
          isOpen: false,
        });
      },
    };
  }

  return {
    leave: (socket) => connections.get(socket)?.leave(),
    begun: (request, response) => connections.get(request.socket)?.begun(request, response),
    remember(request, login, repeat) {
      if (!isPlain(request)) return;
      const connection = connections.get(request.socket) ?? follow(request.socket);
      if (connection === undefined) return;
      const number = loginNumber(login);
      letIn.set(connection, { login, number, until: performance.now() + LET_IN_MS });
      const bytes = connection.bytesOf(request);
      if (bytes === undefined) return;
      const [oldest] = known.keys();
      if (known.size >= MOST_REPEATS && oldest !== undefined) known.delete(oldest);
      const { 'x-request-id': givenId, 'accept-encoding': acceptEncoding } = request.headers;
      const { method = '' } = request;
      known.set(keyOf(bytes), { repeat, number, method, givenId, coding: codingFor(acceptEncoding) });
    },
    get isAnswering() {
      return answering > 0;
    },
  };
}

async function encoded(answer: Answer, coding: Coding | undefined): Promise<Answer> {
  if (coding === undefined || !isWorthCompressing(bodyBytes(answer.body))) return answer;
  const body = await compress(answer, coding);
  return { ...answer, headers: { ...answer.headers, 'content-encoding': coding }, body };
}

/** A byte, a character: two requests have the same key only if they are the same. */
function keyOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}
