// @ts-check
import { registerHooks } from 'node:module';
import { workerData } from 'node:worker_threads';

// The beginning of every thread, started by spawn-thread.ts: takes the code that was handed over instead of the files.
// Plain JavaScript, so that not even this file has its types stripped in the thread.

/** @type {{ program: string, sources: ReadonlyMap<string, string> }} */
const { program, sources } = workerData;

registerHooks({
  load(url, context, nextLoad) {
    const source = sources.get(url);
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});

await import(program);
