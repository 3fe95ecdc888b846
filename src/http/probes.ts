import type { FastifyInstance } from 'fastify';
import type { Phase } from './backend.ts';
import type { Metrics } from './metrics.ts';

const READINESS_MS = 1000;

/** `/healthz` (the process is up), `/readyz` (requests can be answered) and `/metrics`. The probes say ok or not, no more. */
export function registerProbes(
  server: FastifyInstance,
  options: { phase: () => Phase; metrics: Metrics; metricsOpen: boolean },
): void {
  const { phase, metrics, metricsOpen } = options;
  const isWritable = remember(() => checkWritable(phase()));

  server.route({
    method: ['GET', 'HEAD'],
    url: '/healthz',
    config: { access: 'open' },
    handler: (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  });

  server.route({
    method: ['GET', 'HEAD'],
    url: '/readyz',
    config: { access: 'open' },
    handler: async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      // Where the service is in its life costs nothing to ask, and a remembered answer would hide it for a second.
      if (phase().name === 'ready' && (await isWritable())) return reply.send({ status: 'ok' });
      return reply.code(503).header('retry-after', '5').send({ status: 'unavailable' });
    },
  });

  server.route({
    method: 'GET',
    url: '/metrics',
    // Any token will do: every scope includes `read`.
    config: { access: metricsOpen ? 'open' : 'token' },
    handler: async (_request, reply) =>
      reply
        .type(metrics.contentType)
        .header('cache-control', 'no-store')
        .send(await metrics.text()),
  });
}

async function checkWritable(phase: Phase): Promise<boolean> {
  if (phase.name !== 'ready') return false;
  try {
    await phase.backend.checkWritable();
    return true;
  } catch {
    return false;
  }
}

/** Asks at most once a second: the probe is open to everybody and the check writes to the database. */
function remember(check: () => Promise<boolean>): () => Promise<boolean> {
  let asked: { at: number; answer: Promise<boolean> } | undefined;
  return () => {
    const now = performance.now();
    if (asked === undefined || now - asked.at >= READINESS_MS) asked = { at: now, answer: check() };
    return asked.answer;
  };
}
