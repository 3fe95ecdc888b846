import { Worker } from 'node:worker_threads';
import type { WriterData } from '../app-writer.ts';
import type { Settings } from '../config.ts';

/** Starts the thread that writes calls, with the settings that it derives rows by. */
export function spawnWriter(
  { timezone, projects }: Pick<Settings, 'timezone' | 'projects'>,
  { path, lockWaitMs }: { path: string; lockWaitMs: number },
): Worker {
  const workerData: WriterData = { path, timezone, projects, lockWaitMs };
  return new Worker(new URL('../app-writer.ts', import.meta.url), { workerData, name: 'writer' });
}
