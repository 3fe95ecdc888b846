import { parentPort, Worker, workerData } from 'node:worker_threads';
import { serveWriter } from '../../src/store/sqlite/serve-writer.ts';
import { plainDerivation } from './derivation.ts';

/** The writing thread of stores of tests, and what starts it. */
export const spawnPlainWriter = (options: { path: string; lockWaitMs: number }) =>
  new Worker(new URL(import.meta.url), { workerData: { plainWriter: options } });

if (parentPort !== null && workerData?.plainWriter !== undefined) {
  serveWriter({ port: parentPort, derivation: plainDerivation, ...workerData.plainWriter });
}
