import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { createPbxMetrics, type PbxMetrics } from './pbx-metrics.ts';
import { createQueueMetrics, type QueueMetrics } from './queue-metrics.ts';

export interface Metrics extends QueueMetrics, PbxMetrics {
  requestDone(request: { action: string; status: number; seconds: number }): void;
  loginFailed(reason: string): void;
  connectionRefused(): void;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * Counters of one server and figures of its process. Labels come from fixed sets: never a number, a name or anything
 * else that a caller sent, which would leak it and let strangers grow the memory.
 */
export function createMetrics(version: string): Metrics {
  const own = new Registry();
  const registers = [own];
  const requests = new Counter({
    name: 'callqueue_requests_total',
    help: 'Requests answered, by action and HTTP status.',
    labelNames: ['action', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'callqueue_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['action'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const failedLogins = new Counter({
    name: 'callqueue_failed_logins_total',
    help: 'Requests without a valid token, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'callqueue_connections_refused_total',
    help: 'Connections above the limit.',
    registers,
  });
  new Gauge({
    name: 'callqueue_build_info',
    help: 'Always 1; the labels tell what is running.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.version }, 1);

  const queueMetrics = createQueueMetrics(own);
  const pbxMetrics = createPbxMetrics(own);

  // Last: what is registered later is not in it.
  const all = Registry.merge([processMetrics(), own]);
  return {
    ...queueMetrics,
    ...pbxMetrics,
    requestDone({ action, status, seconds }) {
      requests.inc({ action, status });
      durations.observe({ action }, seconds);
    },
    loginFailed: (reason) => failedLogins.inc({ reason }),
    connectionRefused: () => refused.inc(),
    text: () => all.metrics(),
    contentType: all.contentType,
  };
}

let processRegistry: Registry | undefined;

/** Once for a process, however many servers it holds: these observers (garbage collection, loop delay) cannot be undone. */
function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}
