import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { makeCall } from '../../../support/make-call.ts';

/** Opens the store, stores a call, and closes it. */
const [path] = process.argv.slice(2) as [string];
const store = await openSqliteStore({ path, derivation: plainDerivation });
const session = await store.beginImport();
await session.add([makeCall()]);
await session.commit();
await store.close();
