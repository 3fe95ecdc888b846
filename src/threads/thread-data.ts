import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

/**
 * What a module that `spawnThread` has started was given, and where it speaks to who started it.
 * @throws Error in a process of its own
 */
export function threadData<Data>(): { data: Data; port: MessagePort } {
  if (parentPort === null) throw new Error('This module is the program of a thread');
  return { data: workerData.data as Data, port: parentPort };
}
