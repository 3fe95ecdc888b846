import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { quoted } from '../wire/messages.ts';
import { clientAddress } from './client-address.ts';
import type { Metrics } from './metrics.ts';
import { pathOf } from './request-path.ts';

/** One line and one count for each answer. Probes and metrics are asked every few seconds: they only show at `debug`. */
export function createRequestLog(options: {
  logger: Logger;
  metrics: Metrics;
}): (request: FastifyRequest, reply: FastifyReply) => void {
  const { logger, metrics } = options;

  return (request, reply) => {
    const ms = performance.now() - request.startedMs;
    const status = reply.statusCode;
    metrics.requestDone({ action: request.action ?? 'none', status, seconds: ms / 1000 });
    const level = request.routeOptions.config.access === 'open' && status < 400 ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    logger[level](
      {
        requestId: request.id,
        method: request.method,
        path: quoted(pathOf(request)),
        action: request.action ?? undefined,
        status,
        ms: Math.round(ms * 100) / 100,
        tokenName: request.login === null ? undefined : quoted(request.login.credential.name),
        address: clientAddress(request),
      },
      'request',
    );
  };
}
