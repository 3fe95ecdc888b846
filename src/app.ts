import manifest from '../package.json' with { type: 'json' };
import { createCapture } from './app/capture.ts';
import { inboundRoutesOf } from './app/inbound-routes-of.ts';
import { createJobs, type Jobs } from './app/jobs.ts';
import { meterCommands } from './app/meter-commands.ts';
import { openStore, projectsOf } from './app/open-store.ts';
import { createPbxThread, type PbxThread } from './app/pbx-thread.ts';
import { ensureSettingsToken } from './app/settings-token.ts';
import { spawnWriter } from './app/spawn-writer.ts';
import { createSystemChecks, lookElsewhere } from './app/system-checks.ts';
import { createSystemFacts } from './app/system-facts.ts';
import type { Settings } from './config.ts';
import { type CallQueue, createCallQueue } from './core/call-queue.ts';
import type { Store } from './core/call-store.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { noPbx, type Pbx } from './core/pbx.ts';
import { sumGaps } from './core/recent-gaps.ts';
import { createTimeZone } from './core/time-zone.ts';
import type { Backend } from './http/backend.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { Logger } from './logger.ts';
import type { ApiParts } from './wire/action.ts';
import { createApi } from './wire/api.ts';
import { createAuthenticator } from './wire/authenticate.ts';
import { createOpenApi } from './wire/open-api.ts';

/** The whole service: database, API, HTTP. */
export interface App {
  /**
   * Listens at once (answering 503), opens the database, and resolves when requests are answered.
   * @throws InvalidSettingsError, StoreUnusableError, or what listening failed with (such as EADDRINUSE)
   */
  start(): Promise<{ url: string }>;
  /** Lets running requests finish, for at most 10 s. May be called at any moment, twice as well. */
  stop(): Promise<void>;
  /** Every address there is, and who may use it. */
  routes: HttpServer['routes'];
}

export interface AppOptions {
  settings: Settings;
  logger: Logger;
  clock?: Clock;
  /** How long a reader of changes that has much to take may take nothing; default: 10 s. */
  streamPatienceMs?: number;
}

export const VERSION: string = manifest.version;

/** Running requests may take this long after `stop`; with the rest of stopping that stays within the promised 10 s. */
const GRACE_MS = 9000;

/** A connection that is lost every minute for a week makes no more. */
const GAPS_SUMMED = 10_080;

/** The only place where the parts are put together. */
export function createApp({ settings, logger, clock: givenClock, streamPatienceMs }: AppOptions): App {
  const clock = givenClock ?? systemClock;
  const metrics = createMetrics(VERSION);
  const http = createHttpServer({
    settings,
    logger,
    clock,
    metrics,
    version: VERSION,
    openApi: createOpenApi({ version: VERSION }),
    streamPatienceMs,
  });
  const checks = createSystemChecks({ clock, look: (signal) => lookElsewhere(settings, signal) });
  const opening = new AbortController();
  let store: Store | undefined;
  let jobs: Jobs | undefined;
  let pbxThread: PbxThread | undefined;
  let starting: Promise<{ url: string }> | undefined;
  let stopping: Promise<void> | undefined;

  return {
    start() {
      starting ??= start();
      return starting;
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    routes: http.routes,
  };

  async function start(): Promise<{ url: string }> {
    if (stopping !== undefined) throw new Error('A stopped app cannot be started again');
    try {
      const url = await http.listen();
      store = await openStore(settings, {
        logger,
        untilReachable: opening.signal,
        spawnWriter: (place) => spawnWriter(settings, place),
        onCommit: metrics.groupCommitted,
        readLists: settings.readLists,
        lists: { onChecked: metrics.listChecked },
      });
      await ensureSettingsToken(store, settings, clock.now());
      // What the queue is told of comes through the queue: the one is needed for the other.
      const pbx: Pbx = {
        isConnected: () => (pbxThread ?? noPbx).isConnected(),
        status: () => (pbxThread ?? noPbx).status(),
      };
      const queue = meterCommands(createCallQueue({ store, clock: givenClock ?? store.clock ?? clock, pbx }), metrics);
      pbxThread = settings.pbx.url === undefined ? undefined : createListener(queue, store);
      metrics.watchPbx({
        status: () => queue.pbxStatus(),
        gaps: async () => sumGaps(await queue.recentGaps(GAPS_SUMMED), clock.now()),
      });
      http.serve(createBackend(queue, store));
      jobs = createJobs({ queue, writer: store, clock, keeping: settings, logger });
      // Who was told to stop meanwhile waits for this start, and stops what it finds.
      if (stopping === undefined) {
        jobs.start();
        pbxThread?.start();
      }
      logger.info({ url, version: VERSION, node: process.version, pid: process.pid }, 'started');
      return { url };
    } catch (error) {
      await http.stop(0);
      await store?.close();
      throw error;
    }
  }

  function createBackend(queue: CallQueue, opened: Store): Backend {
    const timeZone = createTimeZone(settings.timezone);
    const parts: ApiParts = {
      queue,
      projects: projectsOf(settings),
      timeZone,
      version: VERSION,
      repeatWindowSeconds: settings.repeatWindowSeconds,
      system: createSystemFacts({ settings, store: opened, checks, startedAt: clock.now() }),
    };
    return {
      api: createApi(parts),
      parts,
      authenticator: createAuthenticator({ tokens: opened }),
      checkWritable: () => opened.checkWritable(),
    };
  }

  function createListener(queue: CallQueue, places: Store): PbxThread {
    const { instance } = settings;
    const capture = createCapture({
      queue,
      routes: inboundRoutesOf(settings),
      instance,
      onRecorded: metrics.recorded,
      logger,
    });
    return createPbxThread({ settings, places, capture, clock, logger });
  }

  async function stop(): Promise<void> {
    logger.info('stopping');
    checks.stop();
    opening.abort();
    // At once: while requests finish, it has the time to store what it has found.
    const pbxEnded = pbxThread?.stop();
    await http.stop(GRACE_MS);
    // What failed at the start has been told to who started.
    await starting?.catch(() => undefined);
    const jobsEnded = jobs?.stop();
    await (pbxEnded ?? pbxThread?.stop());
    await store?.close();
    await jobsEnded;
    logger.info('stopped');
  }
}
