import { createLogger } from '../logger.ts';

/** One line about a failure that nobody foresaw, for the last moment of a process. */
export function logFatal(error: unknown): void {
  createLogger({ level: 'fatal' }).fatal({ err: error }, 'callqueue ends, because of an error that nobody foresaw');
}
