import { join } from 'node:path';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../support/derivation.ts';
import { spawnPlainWriter } from '../support/plain-writer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { describeCallJournal } from './call-journal-contract.ts';
import { describeCallStore } from './call-store-contract.ts';
import { describeCallWriter } from './call-writer-contract.ts';
import { describeCapture } from './capture-contract.ts';
import { describeDoNotCall } from './do-not-call-contract.ts';

const prepare = (options: Partial<SqliteStoreOptions> = {}) => {
  const folder = tempFolder();
  return (name: string, derivation = plainDerivation) =>
    openSqliteStore({ path: join(folder, `${name}.db`), derivation, ...options });
};
const withThreads = { spawnWriter: spawnPlainWriter };

const contracts = [describeCallStore, describeCallWriter, describeCallJournal, describeCapture, describeDoNotCall];
for (const describeContract of contracts) {
  describeContract('SQLite', () => prepare());
  describeContract('SQLite with threads', () => prepare(withThreads));
}
