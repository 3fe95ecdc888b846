import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { BACKUP_MARK, backUp } from '../../../src/store/sqlite/backup.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { makeCall } from '../../support/make-call.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { add } from '../call-store-contract.ts';

const everything = {
  filter: {},
  sort: 'id',
  limit: 1000,
  at: { page: 1 },
  moment: { now: 1, pbxConnected: false },
} as const;
const open = (path: string) => openSqliteStore({ path, derivation: plainDerivation });

test('a backup made while calls are stored is sound, marked, and holds the first of them without a gap', async () => {
  const folder = tempFolder();
  const [source, target] = [join(folder, 'calls.db'), join(folder, 'copy.db')];
  const store = await open(source);
  await add(
    store,
    Array.from({ length: 20_000 }, () => makeCall({ callerIdName: 'Ana' })),
  );
  const shares: number[] = [];
  const copying = backUp({ source, target, now: 1_000, onProgress: (share) => shares.push(share) });
  let isDone = false;
  const writing = (async () => {
    let written = 0;
    for (; !isDone; written++) {
      await add(store, [makeCall()]);
      // The store answers without waiting for anything, so that the copy would otherwise never get its turn.
      await setImmediate();
    }
    return written;
  })();
  const { bytes, isNoted } = await copying;
  isDone = true;
  expect(await writing).toBeGreaterThan(0);
  expect(shares.length).toBeGreaterThan(1);
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(isNoted).toBe(true);
  expect(await store.keptPlace('', 'backup')).toBe('1000');
  await store.close();

  const database = new DatabaseSync(target);
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('SELECT value FROM meta WHERE name = ?').get(BACKUP_MARK)).toEqual({ value: '1000' });
  database.close();
  const copy = await open(target);
  const { rowCount } = await copy.readRendered(everything);
  expect(rowCount).toBeGreaterThanOrEqual(20_000);
  const last = await copy.readCalls({ ...everything, sort: '-id', limit: 1 });
  expect(last.calls[0]?.id).toBe(rowCount);
  await copy.close();
});

test('a file that is there already is left alone', async () => {
  const folder = tempFolder();
  const [source, target] = [join(folder, 'calls.db'), join(folder, 'copy.db')];
  await (await open(source)).close();
  writeFileSync(target, 'precious');
  await expect(backUp({ source, target, now: 1 })).rejects.toThrow(/is there already/);
  expect(readdirSync(folder).sort()).toEqual(['calls.db', 'copy.db']);
});

test('what cannot be copied is said, and nothing is left of it', async () => {
  const folder = tempFolder();
  const target = join(folder, 'copy.db');
  await expect(backUp({ source: join(folder, 'none.db'), target, now: 1 })).rejects.toThrow(/There is no database/);
  const notes = join(folder, 'notes.txt');
  writeFileSync(notes, 'Things to do\n'.repeat(1_000));
  await expect(backUp({ source: notes, target, now: 1 })).rejects.toThrow(StoreUnusableError);
  const source = join(folder, 'calls.db');
  await (await open(source)).close();
  await expect(backUp({ source, target: join(folder, 'no', 'copy.db'), now: 1 })).rejects.toThrow(StoreUnusableError);
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['calls.db', 'notes.txt']);
});
