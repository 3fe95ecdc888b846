import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchDatabase, RunDatabase } from './bench-database.ts';
import { copyDatabase, prepareData } from './data.ts';
import { openFacts } from './facts.ts';

export async function sqliteDatabase(options: Parameters<typeof prepareData>[0]): Promise<BenchDatabase> {
  const { path, made } = await prepareData(options);
  return {
    kind: 'sqlite',
    description: `SQLite ${process.versions.sqlite}`,
    bytes: statSync(path).size,
    made,
    async copy() {
      const folder = mkdtempSync(join(options.folder, 'run-'));
      // Also when the run is interrupted.
      const remove = () => rmSync(folder, { recursive: true, force: true });
      process.once('exit', remove);
      const address = join(folder, 'callqueue.db');
      copyDatabase(path, address);
      return runDatabase(address, () => {
        process.off('exit', remove);
        remove();
      });
    },
    itself: async () => runDatabase(path, () => undefined),
    async [Symbol.asyncDispose]() {},
  };
}

function runDatabase(address: string, remove: () => void): RunDatabase {
  const facts = openFacts(address);
  return {
    address,
    facts,
    cpuTime: undefined,
    loggedBytes: undefined,
    bytes: async () => statSync(address).size,
    async [Symbol.asyncDispose]() {
      facts[Symbol.dispose]();
      remove();
    },
  };
}
