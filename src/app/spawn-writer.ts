import type { Worker } from 'node:worker_threads';
import type { WriterData } from '../app-writer.ts';
import type { Settings } from '../config.ts';
import { spawnThread } from '../threads/spawn-thread.ts';

/** Starts the thread that writes calls, with the settings that it derives rows by. */
export function spawnWriter(
  { timezone, projects }: Pick<Settings, 'timezone' | 'projects'>,
  { path, lockWaitMs }: { path: string; lockWaitMs: number },
): Worker {
  const data: WriterData = { path, timezone, projects, lockWaitMs };
  return spawnThread({ program: new URL('../app-writer.ts', import.meta.url), data, name: 'writer' });
}
