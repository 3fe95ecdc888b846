import { type App, createApp } from '../app.ts';
import type { Settings } from '../config.ts';
import { createLogger } from '../logger.ts';

/** The service as a process of its own runs it, with its log on standard error. */
export function createService(settings: Settings): App {
  return createApp({ settings, logger: createLogger({ level: settings.log }) });
}
