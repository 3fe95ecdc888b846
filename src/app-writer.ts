import { parentPort, workerData } from 'node:worker_threads';
import type { Project } from './core/project.ts';
import { createTimeZone } from './core/time-zone.ts';
import { serveWriter } from './store/sqlite/serve-writer.ts';
import { createDerivation } from './wire/derivation.ts';

/** The thread of the server that writes calls: the parts that it is made of. */

/** What the thread needs to know. */
export interface WriterData {
  path: string;
  timezone: string;
  projects: readonly Project[];
  lockWaitMs: number;
}

const { path, timezone, projects, lockWaitMs }: WriterData = workerData;
if (parentPort === null) throw new Error('app-writer.ts is the program of a worker thread');

serveWriter({
  port: parentPort,
  path,
  derivation: createDerivation({
    timeZone: createTimeZone(timezone),
    projects: new Map(projects.map((project) => [project.id, project])),
  }),
  lockWaitMs,
});
