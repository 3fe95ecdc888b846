import { createServer, type Server } from 'node:http';
import { type FastifyInstance, fastify } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import { StoreUnavailableError } from '../core/errors.ts';
import { errorAnswer } from '../wire/envelope.ts';
import { messages } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import { createAdmission } from './admission.ts';
import { registerApiDocs } from './api-docs.ts';
import { API_PATH, registerApi } from './api-route.ts';
import type { Backend, Phase } from './backend.ts';
import { guardConnections, type OpenConnections } from './connections.ts';
import { EventStreams } from './event-streams.ts';
import { registerEvents } from './events-route.ts';
import { registerExport } from './export-route.ts';
import { createFailedLogins } from './failed-logins.ts';

import { type HttpSettings, MAX_HEADER_BYTES } from './http-settings.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { registerProbes } from './probes.ts';
import { createParameterReader } from './read-parameters.ts';
import { createRepeatedReads, type RepeatedReads } from './repeated-reads.ts';
import { createRequestIds } from './request-id.ts';
import { answeredRequest, createRequestLog } from './request-log.ts';
import { createRouteTable, type Route } from './route-table.ts';
import { sendAnswer } from './send-answer.ts';
import './request-state.ts';

export interface HttpServer {
  /**
   * Begins to listen. Until `serve` is called, requests are answered with 503.
   * @returns the address, such as `http://127.0.0.1:8080`
   */
  listen(): Promise<string>;
  /** From now on requests are answered. */
  serve(backend: Backend): void;
  /** Stops listening, lets running requests finish, and cuts what still runs after `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<void>;
  /** Every route there is, and who may use it. */
  routes(): readonly Route[];
}

export interface HttpServerOptions {
  settings: HttpSettings;
  logger: Logger;
  clock: Clock;
  /** The OpenAPI document. */
  openApi: object;
  version: string;
  /** Default: its own. */
  metrics?: Metrics;
  /** How long a reader of a stream that has much to take may take nothing; default: 10 s. */
  streamPatienceMs?: number | undefined;
}

/** Proxies keep idle connections for a minute or so; closing first would now and then hit a request just sent. */
const KEEP_ALIVE_MS = 65_000;
/** How long an answered client may go on sending a body that nobody wants before it is cut. */
const UNREAD_BODY_MS = 5000;
const IDLE_CHECK_MS = 50;
const LINGER_MS = 100;
const UNUSED_MS = 500;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { settings, logger, clock, openApi, version, metrics = createMetrics(version), streamPatienceMs } = options;
  const { limits } = settings;
  let phase: Phase = { name: 'starting' };
  let stopped: Promise<void> | undefined;
  let connections: OpenConnections | undefined;
  const currentPhase = () => phase;
  const nextRequestId = createRequestIds();
  const routes = createRouteTable();
  const logRequest = createRequestLog({ logger, metrics });
  const admit = createAdmission({
    phase: currentPhase,
    routes,
    maxBodyBytes: limits.bodyBytes,
    failedLogins: createFailedLogins({ perMinute: limits.failedLoginsPerMinute }),
    metrics,
    logger,
  });

  const repeatedReads = createRepeatedReads({
    url: API_PATH,
    keepAliveMs: KEEP_ALIVE_MS,
    isServing: () => phase.name === 'ready' && server.server.listening,
    nextRequestId,
    log: logRequest,
    hasProxies: settings.trustedProxies.length > 0,
  });

  const server: FastifyInstance = fastify({
    logger: false,
    genReqId: ({ headers }) => nextRequestId(headers['x-request-id']),
    trustProxy: settings.trustedProxies.length === 0 ? false : [...settings.trustedProxies],
    exposeHeadRoutes: false,
    // Fastify's own 503 is not the envelope; admission.ts has one.
    return503OnClosing: false,
    routerOptions: {
      maxParamLength: MAX_HEADER_BYTES,
      // wire/parameters.ts reads the query, as PHP would.
      querystringParser: () => ({}),
    },
    frameworkErrors: (_error, request, reply) => {
      // Only addresses that cannot be decoded come here, and no hook sees them.
      Object.assign(request, { startedMs: performance.now(), login: null, action: null });
      reply.raw.once('close', () => logRequest(answeredRequest(request, reply)));
      addCommonHeaders(reply, request.id);
      const error = new Refusal(400, [messages.malformedAddress(request.raw.url?.split('?', 1)[0] ?? '')]);
      return sendAnswer(request, reply, errorAnswer(error, request.id)) as never;
    },
    serverFactory: (handler) => {
      const http = createServer(
        {
          headersTimeout: limits.headersTimeoutSeconds * 1000,
          requestTimeout: limits.requestTimeoutSeconds * 1000,
          connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutSeconds * 100),
          keepAliveTimeout: KEEP_ALIVE_MS,
          maxHeaderSize: MAX_HEADER_BYTES,
          // Node answers a missing Host without the envelope; admission.ts has one.
          requireHostHeader: false,
        },
        (request, response) => {
          repeatedReads.begun(request, response);
          handler(request, response);
        },
      );
      // A client that neither sends nor takes anything for this long is gone.
      http.timeout = limits.requestTimeoutSeconds * 2000;
      connections = guardConnections(http, {
        maxConnections: limits.connections,
        notHttp: repeatedReads.leave,
        nextRequestId,
        logger,
        metrics,
      });
      return http;
    },
  });

  // Fastify would judge content types by its own rules before any parser is asked; read-body.ts reads bodies instead.
  server.addHttpMethod('POST', { hasBody: false, overrideExisting: true });
  server.decorateRequest('login', null);
  server.decorateRequest('action', null);
  server.decorateRequest('startedMs', 0);
  server.addHook('onRoute', (route) => routes.add(route));
  server.addHook('onRequest', async (request, reply) => {
    request.startedMs = performance.now();
    addCommonHeaders(reply, request.id);
    await admit(request, reply);
  });
  server.addHook('onResponse', (request, reply, done) => {
    logRequest(answeredRequest(request, reply));
    cutUnreadBody(request.raw);
    done();
  });
  server.setNotFoundHandler(() => {
    throw new Error('Unknown addresses are answered by admission.ts');
  });
  server.setErrorHandler((error, request, reply) => {
    if (error instanceof StoreUnavailableError) logger.warn({ err: error, requestId: request.id }, 'store unavailable');
    else if (!(error instanceof Refusal)) logger.error({ err: error, requestId: request.id }, 'request failed');
    return sendAnswer(request, reply, errorAnswer(error, request.id));
  });

  const readParameters = createParameterReader({ limits, clock, logger });
  const streams = new EventStreams({ maxStreams: limits.eventStreams, patienceMs: streamPatienceMs, logger });
  metrics.watchStreams(streams);
  registerApi(server, { phase: currentPhase, readParameters, repeatedReads });
  registerEvents(server, { phase: currentPhase, readParameters, streams });
  registerExport(server, { phase: currentPhase, readParameters, logger });
  registerProbes(server, { phase: currentPhase, metrics, metricsOpen: settings.metricsOpen });
  registerApiDocs(server, openApi);

  return {
    listen: () => server.listen({ host: settings.host, port: settings.port }),
    serve(backend) {
      if (phase.name === 'starting') phase = { name: 'ready', backend };
    },
    stop(graceMs) {
      phase = { name: 'stopping' };
      // First: they would never end by themselves.
      streams.endAll();
      stopped ??= close(server, { connections, repeatedReads, graceMs });
      return stopped;
    },
    routes: routes.list,
  };
}

function addCommonHeaders(reply: { headers(values: Record<string, string>): unknown }, requestId: string): void {
  reply.headers({ 'x-request-id': requestId, 'x-content-type-options': 'nosniff' });
}

/**
 * After an answer that came before the end of the body, Node reads on and drops the rest, so that the client gets to
 * read the answer. Not for ever, though.
 */
function cutUnreadBody(request: { complete: boolean; socket: { destroy(): void } }): void {
  if (request.complete) return;
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, UNREAD_BODY_MS).unref();
}

async function close(
  server: FastifyInstance,
  {
    connections,
    repeatedReads,
    graceMs,
  }: { connections: OpenConnections | undefined; repeatedReads: RepeatedReads; graceMs: number },
): Promise<void> {
  const http: Server = server.server;
  const closeIdle = http.closeIdleConnections.bind(http);
  // Node would close idle connections at once, and with a reset those over which a request has come that it has not read
  // yet: with 32 busy clients some nine at each stop. So they live a moment longer, in which such a request is answered.
  http.closeIdleConnections = () => undefined;
  let idle: NodeJS.Timeout | undefined;
  const linger = setTimeout(() => {
    // Again and again: whose answer has just been sent is idle from then on.
    idle = setInterval(() => {
      if (!repeatedReads.isAnswering) closeIdle();
    }, IDLE_CHECK_MS);
  }, LINGER_MS);
  // A request may be on its way over them.
  const unused = setTimeout(() => connections?.closeUnused(), UNUSED_MS);
  const end = setTimeout(() => http.closeAllConnections(), graceMs);
  try {
    await server.close();
  } finally {
    clearTimeout(linger);
    clearInterval(idle);
    clearTimeout(unused);
    clearTimeout(end);
  }
}
