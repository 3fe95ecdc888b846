import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { areAllCounted } from '../../../src/store/sqlite/call-counts.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { migrate } from '../../../src/store/sqlite/migrate.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/schema/migrations.ts';
import { contextOf } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { importVaried } from '../../support/import-varied.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { randomChanges } from '../change-at-random.ts';
import { NOW } from '../random-calls.ts';

const COUNTED = `SELECT project_id, outbound_type, attend_type, status, count FROM call_counts WHERE count <> 0
  ORDER BY 1, 2, 3, 4`;
const THERE =
  'SELECT project_id, outbound_type, attend_type, status, count(*) FROM calls GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4';

async function opened() {
  const path = join(tempFolder(), 'calls.db');
  const store = await openSqliteStore({ path, derivation: plainDerivation });
  onTestFinished(() => store.close());
  const connection = new Connection(path, { readOnly: true });
  onTestFinished(() => connection.close());
  return {
    path,
    store,
    counted: () => connection.all(COUNTED),
    there: () => connection.all(THERE),
    isNoted: () => areAllCounted(connection),
  };
}

test('the counts are those of the calls after saves, edits, claims, cancellations, imports and removals', async () => {
  const { store, counted, there, isNoted } = await opened();
  const change = randomChanges(store, 7);
  for (let step = 0; step < 150; step++) {
    await change();
    expect(counted()).toEqual(there());
    // Or all of them would be counted anew each time.
    expect(isNoted()).toBe(true);
  }
  expect(there().length).toBeGreaterThan(3);
});

test('the counts are those of the calls after the first import, which fills an empty table, and after what follows it', async () => {
  const { store, counted, there } = await opened();
  await importVaried(store, 300);
  expect(counted()).toEqual(there());
  expect(there().length).toBeGreaterThan(0);
  await importVaried(store, 20);
  expect(there().reduce((sum, row) => sum + Number(row[4]), 0)).toBe(320);
  expect(counted()).toEqual(there());
});

test('a database that was written before calls were counted has them counted', async () => {
  const path = join(tempFolder(), 'calls.db');
  const connection = new Connection(path);
  onTestFinished(() => connection.close());
  const before = MIGRATIONS.findIndex((migration) => migration.join().includes('CREATE TABLE call_counts'));
  await migrate(connection, { lockWaitMs: 0, migrations: MIGRATIONS.slice(0, before) });
  for (const status of ['pending', 'pending', 'completed']) {
    connection.run(
      `INSERT INTO calls (project_id, caller_id, caller_number_reversed, outbound_type, attend_type, source, status, priority,
          max_retries, retries, vars, missed_count, created_at, updated_at, due_since)
        VALUES (1, '+441632960001', '100069236144+', 'manual', 'attended', 'api', ?, 0, 0, 0, '{}', 0, 1, 1, 1)`,
      [status],
    );
  }
  await migrate(connection, { lockWaitMs: 0 });
  expect(connection.all(COUNTED)).toEqual(connection.all(THERE));
  expect(connection.all(COUNTED)).toHaveLength(2);
});

describe('where a server of an older version, which does not count, has changed calls', () => {
  /** As it does: row and change feed. */
  function changeUncounted(path: string) {
    const connection = new Connection(path);
    connection.exec(`BEGIN IMMEDIATE;
      UPDATE calls SET status = 'inprogress' WHERE id = (SELECT min(id) FROM calls WHERE status = 'pending');
      INSERT INTO changes (call_id, project_id, at) VALUES (1, 1, 1);
      COMMIT`);
    connection.close();
  }

  test('all are counted anew when the database is opened, and not again', async () => {
    const { path, store, counted, there } = await opened();
    await importVaried(store, 30);
    await store.close();
    changeUncounted(path);
    expect(counted()).not.toEqual(there());
    const told: string[] = [];
    const logger = { info: (_: object, message: string) => void told.push(message), error: () => undefined };
    for (let times = 0; times < 2; times++) {
      await (await openSqliteStore({ path, derivation: plainDerivation, logger })).close();
      expect(counted()).toEqual(there());
    }
    expect(told.filter((message) => message.startsWith('Calls were counted anew'))).toHaveLength(1);
  });

  test('all are counted anew before others are changed, by commands and by imports', async () => {
    const { path, store, counted, there } = await opened();
    await importVaried(store, 30);
    changeUncounted(path);
    await store.execute({ kind: 'cancel', rows: { ids: [20] }, code: 'a' }, contextOf({ now: NOW }));
    expect(counted()).toEqual(there());
    changeUncounted(path);
    expect(counted()).not.toEqual(there());
    await importVaried(store, 2);
    expect(counted()).toEqual(there());
  });
});
