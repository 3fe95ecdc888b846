import type { Worker } from 'node:worker_threads';
import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { save } from '../../../support/commands.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { spawnPlainWriter } from '../../../support/plain-writer.ts';

/** Ends the writing thread as a lack of memory would, and says what the process ends with. */
const [path] = process.argv.slice(2) as [string];
process.on('uncaughtException', (error) => {
  console.log(error.message);
  process.exit(1);
});
let worker: Worker | undefined;
const store = await openSqliteStore({
  path,
  derivation: plainDerivation,
  spawnWriter: (options) => {
    worker = spawnPlainWriter(options);
    return worker;
  },
});
await save(store, [{}]);
void worker?.terminate();
setInterval(() => undefined, 1000);
