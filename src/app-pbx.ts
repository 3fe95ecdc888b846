import { parentPort, workerData } from 'node:worker_threads';
import { servePbx } from './app/serve-pbx.ts';

/** The thread of the server that listens to the PBX, so that neither the database nor requests keep it from being read. */

if (parentPort === null) throw new Error('app-pbx.ts is the program of a worker thread');

servePbx(parentPort, workerData);
