import { join } from 'node:path';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../support/derivation.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { describeCallStore } from './call-store-contract.ts';

describeCallStore('SQLite', () => {
  const folder = tempFolder();
  return (name, derivation = plainDerivation) => openSqliteStore({ path: join(folder, `${name}.db`), derivation });
});
