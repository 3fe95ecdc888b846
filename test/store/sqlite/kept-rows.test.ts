import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LiveLists } from '../../../src/store/lists/live-lists.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { KeptRows } from '../../../src/store/sqlite/lists/kept-rows.ts';
import { ListFollower } from '../../../src/store/sqlite/lists/list-follower.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { bodies } from '../../../src/store/sqlite/read-calls.ts';
import { contextOf, NOW } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { importVaried } from '../../support/import-varied.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const IDS = [3, 1, 2];

test('rows are those of the database when they are looked up, kept and changed, also while there are no lists', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await openSqliteStore({ path, derivation: plainDerivation });
  onTestFinished(() => store.close());
  await importVaried(store, 10);
  const connection = new Connection(path, { readOnly: true });
  onTestFinished(() => connection.close());
  const rows = new KeptRows();
  const follower = new ListFollower({ connection, lists: new LiveLists(), rows, guard: () => undefined });
  const read = () =>
    connection.read(() => {
      follower.follow();
      return { kept: String(rows.page(connection, IDS)), stored: Buffer.from(bodies(connection, IDS)).toString() };
    });
  for (const priority of [7, 8]) {
    for (let times = 0; times < 2; times++) {
      const { kept, stored } = read();
      expect(kept).toBe(stored);
      expect(JSON.parse(`[${kept}]`).map(({ id }: { id: number }) => id)).toEqual(IDS);
    }
    await store.execute({ kind: 'update', edits: [{ id: 1, content: { priority } }] }, contextOf({ now: NOW }));
  }
  expect(read().kept).toContain('"priority":8');
});
