import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { save } from '../../../support/commands.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { makeCall } from '../../../support/make-call.ts';

/** A second process that saves and imports so many calls, by turns. */
const [path, count] = process.argv.slice(2) as [string, string];
const store = await openSqliteStore({ path, derivation: plainDerivation, lockWaitMs: 60_000 });
const BATCH = 50;
for (let done = 0; done < Number(count); done += 2 * BATCH) {
  const session = await store.beginImport();
  await session.add(Array.from({ length: BATCH }, () => makeCall({ projectId: 8 })));
  await session.commit();
  await save(
    store,
    Array.from({ length: BATCH }, () => ({})),
    { projectId: 9 },
  );
}
await store.close();
