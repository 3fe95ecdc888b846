import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { makeCall } from '../../../support/make-call.ts';

/** Imports calls without end and without commit; says when the first 5,000 are in. */
const [path] = process.argv.slice(2) as [string];
const store = await openSqliteStore({ path, derivation: plainDerivation });
const session = await store.beginImport();
for (let done = 0; ; done += 500) {
  await session.add(Array.from({ length: 500 }, () => makeCall({ callerIdName: 'Imported', projectId: 7 })));
  if (done === 5_000) console.log('many');
  await new Promise((resolve) => setImmediate(resolve));
}
