import type { Project } from './core/project.ts';
import { createTimeZone } from './core/time-zone.ts';
import { serveWriter } from './store/sqlite/serve-writer.ts';
import { threadData } from './threads/thread-data.ts';
import { createDerivation } from './wire/derivation.ts';

/** The thread of the server that writes calls: the parts that it is made of. */

/** What the thread needs to know. */
export interface WriterData {
  path: string;
  timezone: string;
  projects: readonly Project[];
  lockWaitMs: number;
}

const {
  data: { path, timezone, projects, lockWaitMs },
  port,
} = threadData<WriterData>();

serveWriter({
  port,
  path,
  derivation: createDerivation({
    timeZone: createTimeZone(timezone),
    projects: new Map(projects.map((project) => [project.id, project])),
  }),
  lockWaitMs,
});
