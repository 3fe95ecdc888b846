import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type Authenticator, FailedLogin, type Login } from '../wire/authenticate.ts';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import type { Phase } from './backend.ts';
import { clientAddress } from './client-address.ts';
import type { FailedLogins } from './failed-logins.ts';
import type { Metrics } from './metrics.ts';
import { declaredLength, tooLarge } from './read-body.ts';
import { pathOf } from './request-path.ts';
import type { RouteTable } from './route-table.ts';

export interface AdmissionOptions {
  phase: () => Phase;
  routes: RouteTable;
  maxBodyBytes: number;
  failedLogins: FailedLogins;
  metrics: Metrics;
  logger: Logger;
}

/**
 * What every request passes before anything of it is used, in the documented order: address and method, then size, then
 * token, all of it before the body is read. What comes after (decoding, hash, parameters) is in api-route.ts.
 */
export function createAdmission(
  options: AdmissionOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const { phase, routes, maxBodyBytes, failedLogins, metrics, logger } = options;

  return async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      throw new Refusal(400, [messages.missingHost()], { connection: 'close' });
    }
    // Answered on the connection that is about to be closed, so that the client opens its next one elsewhere.
    if (phase().name === 'stopping') reply.header('connection', 'close');
    if (request.is404 || namesNothing(request)) throw noSuchRoute(routes, request);

    const { access } = request.routeOptions.config;
    if (access === 'open') return;
    const { authenticator } = readyBackend(phase());
    if (declaredLength(request.raw) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    request.login = await login(request, authenticator);
  };

  async function login(request: FastifyRequest, authenticator: Authenticator): Promise<Login> {
    try {
      return await authenticator.authenticate(authorizationHeaders(request));
    } catch (error) {
      if (!(error instanceof FailedLogin)) throw error;
      const address = clientAddress(request);
      const { reason } = error;
      metrics.loginFailed(reason);
      logger.warn({ audit: 'login_failed', reason, address, requestId: request.id }, 'login failed');
      const waitSeconds = failedLogins.count(address);
      if (waitSeconds === 0) throw error;
      throw new Refusal(429, [messages.tooManyFailedLogins(waitSeconds)], { 'retry-after': String(waitSeconds) });
    }
  }
}

/** @throws Refusal 503 while the service is starting or stopping */
export function readyBackend(phase: Phase): Extract<Phase, { name: 'ready' }>['backend'] {
  if (phase.name === 'ready') return phase.backend;
  const problem = phase.name === 'starting' ? messages.starting() : messages.stopping();
  throw new Refusal(503, [problem], { 'retry-after': '5', connection: 'close' });
}

/** The router takes `/api/call-queue/` for an action without a name. */
function namesNothing({ params }: FastifyRequest): boolean {
  return (params as { action?: string }).action === '';
}

function noSuchRoute(routes: RouteTable, request: FastifyRequest): Refusal {
  const path = pathOf(request);
  const allowed = routes.methodsAt(path).join(', ');
  if (allowed === '') return new Refusal(404, [messages.notFound(path)]);
  return new Refusal(405, [messages.methodNotAllowed(request.method, allowed)], { allow: allowed });
}

/** All of them: Node's `headers` keeps the first of several `Authorization` headers and drops the others silently. */
export function authorizationHeaders({ raw }: Pick<FastifyRequest, 'raw'>): string[] {
  const found: string[] = [];
  const { rawHeaders } = raw;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // The length first: it rules out all other headers for almost nothing.
    if (name.length === 13 && name.toLowerCase() === 'authorization') found.push(rawHeaders[index + 1] ?? '');
  }
  return found;
}
