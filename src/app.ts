import manifest from '../package.json' with { type: 'json' };
import { openStore, projectsOf } from './app/open-store.ts';
import { ensureSettingsToken } from './app/settings-token.ts';
import type { Settings } from './config.ts';
import { createCallQueue } from './core/call-queue.ts';
import type { Store } from './core/call-store.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { noPbx } from './core/pbx.ts';
import { createTimeZone } from './core/time-zone.ts';
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
}

export const VERSION: string = manifest.version;

/** Running requests may take this long after `stop`; with the rest of stopping that stays within the promised 10 s. */
const GRACE_MS = 9000;

/** The only place where the parts are put together. */
export function createApp({ settings, logger, clock = systemClock }: AppOptions): App {
  const http = createHttpServer({
    settings,
    logger,
    version: VERSION,
    openApi: createOpenApi({ version: VERSION }),
  });
  let store: Store | undefined;
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
      store = await openStore(settings, { logger });
      await ensureSettingsToken(store, settings, clock.now());
      http.serve(createBackend(store));
      logger.info({ url, version: VERSION, node: process.version, pid: process.pid }, 'started');
      return { url };
    } catch (error) {
      await http.stop(0);
      await store?.close();
      throw error;
    }
  }

  function createBackend(opened: Store) {
    const queue = createCallQueue({ store: opened, clock, pbx: noPbx });
    const timeZone = createTimeZone(settings.timezone);
    const parts: ApiParts = {
      queue,
      projects: projectsOf(settings),
      timeZone,
      version: VERSION,
      repeatWindowSeconds: settings.repeatWindowSeconds,
    };
    return {
      api: createApi(parts),
      parts,
      authenticator: createAuthenticator({ tokens: opened }),
      checkWritable: () => opened.checkWritable(),
    };
  }

  async function stop(): Promise<void> {
    logger.info('stopping');
    await http.stop(GRACE_MS);
    // What failed at the start has been told to who started.
    await starting?.catch(() => undefined);
    await store?.close();
    logger.info('stopped');
  }
}
