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

/** One line and one count for each answer. Probes and metrics are asked every few seconds: they only show at `debug`. */
export function createRequestLog({ logger, metrics }: { logger: Logger; metrics: Metrics }) {
  return (answered: AnsweredRequest): void => {
    const { requestId, method, path, action, status, ms, tokenName, address, isOpen } = answered;
    metrics.requestDone({ action: action ?? 'none', status, seconds: ms / 1000 });
    const level = isOpen && status < 400 ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
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
