import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { quoted } from '../wire/messages.ts';
import { clientAddress } from './client-address.ts';
import type { Metrics } from './metrics.ts';
import { pathOf } from './request-path.ts';

/** What is counted and logged of a request. */
export interface AnsweredRequest {
  requestId: string;
  method: string;
  path: string;
  action: string | null;
  status: number;
  ms: number;
  tokenName: string | undefined;
  address: string;
  /** Whether its address is open to everybody. */
  isOpen: boolean;
}

/** A logger that takes whole lines as well, past all that makes lines of values and takes secrets out of them. */
export type LineLogger = Logger & { writeLine?(line: string): void };

/** Values that hold nothing to be escaped or taken out, as nearly all of them do. */
const PLAIN_PATH = /^\/[a-z/-]{0,100}$/;
const PLAIN_NAME = /^[\w .-]{1,100}$/;
const PLAIN_ADDRESS = /^[\da-f.:]{2,45}$/;

/** One line and one count for each answer. Probes and metrics are asked every few seconds: they only show at `debug`. */
export function createRequestLog({ logger, metrics }: { logger: LineLogger; metrics: Metrics }) {
  let moment = { ms: Number.NaN, text: '' };

  /** Of 25 us a request, this saves 4: pino and the search for secrets take 5 for a line. */
  function plainLine(level: 'debug' | 'info', answered: AnsweredRequest): string | undefined {
    const { requestId, method, path, action, status, ms, tokenName, address } = answered;
    const isPlain =
      PLAIN_PATH.test(path) && PLAIN_ADDRESS.test(address) && (tokenName === undefined || PLAIN_NAME.test(tokenName));
    if (!isPlain) return undefined;
    const now = Date.now();
    if (now !== moment.ms) moment = { ms: now, text: new Date(now).toISOString() };
    const named = action === null ? '' : `"action":"${action}",`;
    const token = tokenName === undefined ? '' : `"tokenName":"${tokenName}",`;
    return (
      `{"level":"${level}","time":"${moment.text}","requestId":"${requestId}","method":"${method}","path":"${path}",${named}` +
      `"status":${status},"ms":${Math.round(ms * 100) / 100},${token}"address":"${address}","msg":"request"}\n`
    );
  }

  return (answered: AnsweredRequest): void => {
    const { requestId, method, path, action, status, ms, tokenName, address, isOpen } = answered;
    metrics.requestDone({ action: action ?? 'none', status, seconds: ms / 1000 });
    const level = isOpen && status < 400 ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    const line = logger.writeLine && plainLine(level, answered);
    if (line !== undefined) {
      logger.writeLine?.(line);
      return;
    }
    logger[level](
      {
        requestId,
        method,
        path: quoted(path),
        action: action ?? undefined,
        status,
        ms: Math.round(ms * 100) / 100,
        tokenName: tokenName === undefined ? undefined : quoted(tokenName),
        address,
      },
      'request',
    );
  };
}

/** The same facts of a request that the framework has handled. */
export function answeredRequest(request: FastifyRequest, { statusCode }: FastifyReply): AnsweredRequest {
  return {
    requestId: request.id,
    method: request.method,
    path: pathOf(request),
    action: request.action,
    status: statusCode,
    ms: performance.now() - request.startedMs,
    tokenName: request.login?.credential.name,
    address: clientAddress(request),
    isOpen: request.routeOptions.config.access === 'open',
  };
}
