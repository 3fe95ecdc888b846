import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { sendAnswer } from './send-answer.ts';

/** Everything from this server, nothing inline, in no frame: the page works without any other host and runs no other code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 24"><text y="18" font-family="sans-serif" font-size="20" fill="#fff">callqueue</text></svg>';

/** `/api/openapi.json`, and the same to read and try out at `/api/docs`. Both hold no data and are open to everybody. */
export function registerApiDocs(server: FastifyInstance, openApi: object): void {
  const document = JSON.stringify(openApi);
  server.route({
    method: 'GET',
    url: '/api/openapi.json',
    config: { access: 'open' },
    handler: (request, reply) => sendAnswer(request, reply, { status: 200, headers: {}, body: document }),
  });

  server.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'open' };
    });
    await docs.register(swagger, { mode: 'static', specification: { document: openApi as never } });
    await docs.register(swaggerUi, {
      routePrefix: '/api/docs',
      staticCSP: CONTENT_SECURITY_POLICY,
      // The validator of swagger.io would be asked for every visitor otherwise.
      uiConfig: { validatorUrl: null, deepLinking: true },
      theme: { title: 'callqueue API' },
      logo: { type: 'image/svg+xml', content: Buffer.from(LOGO) },
    });
  });
}
