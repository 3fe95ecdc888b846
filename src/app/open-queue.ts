import { existsSync } from 'node:fs';
import type { Settings } from '../config.ts';
import { type CallQueue, createCallQueue } from '../core/call-queue.ts';
import type { Store } from '../core/call-store.ts';
import { systemClock } from '../core/clock.ts';
import { noPbx } from '../core/pbx.ts';
import type { Projects } from '../core/project.ts';
import { createTimeZone, type TimeZone } from '../core/time-zone.ts';
import { databasePath, isPostgres, openStore, projectsOf } from './open-store.ts';

/** What commands work with: the queue without any server around it. */
export interface OpenQueue {
  store: Store;
  queue: CallQueue;
  projects: Projects;
  timeZone: TimeZone;
}

/**
 * Opens the database for a command that may run beside a server. `purpose` `read` writes nothing; `write` stores calls,
 * and so refuses to work with other settings than the server; `tokens` needs nothing that depends on settings.
 * A database that is not there yet is made, except for reading.
 *
 * @throws StoreUnusableError with what to do
 */
export async function openQueue(settings: Settings, purpose: 'read' | 'write' | 'tokens'): Promise<OpenQueue> {
  const isNew = !isPostgres(settings) && !existsSync(databasePath(settings));
  const store = await openStore(settings, {
    readOnly: purpose === 'read',
    whenDerivedDiffers: isNew && purpose !== 'read' ? 'remake' : purpose === 'tokens' ? 'ignore' : 'refuse',
    lockWaitMs: 60_000,
  });
  return {
    store,
    queue: createCallQueue({ store, clock: store.clock ?? systemClock, pbx: noPbx }),
    projects: projectsOf(settings),
    timeZone: createTimeZone(settings.timezone),
  };
}
