import { openPostgresStore } from '../../src/store/postgres/open-postgres-store.ts';
import { plainDerivation } from '../support/derivation.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { describeCallJournal } from './call-journal-contract.ts';
import { describeCallStore } from './call-store-contract.ts';
import { describeCallWriter } from './call-writer-contract.ts';
import { describeCapture } from './capture-contract.ts';
import { describeDoNotCall } from './do-not-call-contract.ts';

const prepare = () => {
  const databases = new Map<string, Promise<string>>();
  return async (name: string, derivation = plainDerivation) => {
    const url = databases.get(name) ?? createTestDatabase();
    databases.set(name, url);
    return openPostgresStore({ url: await url, derivation, isUnsafeAllowed: true });
  };
};

const contracts = [describeCallStore, describeCallWriter, describeCallJournal, describeCapture, describeDoNotCall];
for (const describeContract of contracts) {
  describeContract('PostgreSQL', prepare);
}
