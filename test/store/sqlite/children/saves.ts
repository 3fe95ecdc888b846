import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { save } from '../../../support/commands.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { spawnPlainWriter } from '../../../support/plain-writer.ts';

/** Saves one call after the other without end, says so after each, and what the process ends with. */
const [path] = process.argv.slice(2) as [string];
process.on('uncaughtException', (error) => {
  console.log(error.message);
  process.exit(1);
});
const store = await openSqliteStore({ path, derivation: plainDerivation, spawnWriter: spawnPlainWriter });
while (true) {
  await save(store, [{}]);
  console.log('saved');
}
