import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { makeCall } from '../../support/make-call.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { add } from '../call-store-contract.ts';

const everything = {
  filter: {},
  sort: 'id',
  limit: 10,
  at: { page: 1 },
  moment: { now: 1, pbxConnected: false },
} as const;
const open = (path: string, readOnly = false) => openSqliteStore({ path, derivation: plainDerivation, readOnly });

async function filledDatabase(): Promise<string> {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await add(
    store,
    Array.from({ length: 300 }, (_, index) => makeCall({ externalId: `${index}`, callerIdName: 'Ana Pop' })),
  );
  await store.close();
  return path;
}

test('a file that is no database is refused and left as it is', async () => {
  const path = join(tempFolder(), 'notes.txt');
  writeFileSync(path, 'Things to do\n'.repeat(1_000));
  await expect(open(path)).rejects.toThrow(/no SQLite database/);
  await expect(open(path)).rejects.toThrow(StoreUnusableError);
  expect(readFileSync(path, 'utf8')).toBe('Things to do\n'.repeat(1_000));
});

test('an empty file in the place of a database is not taken for a new one', async () => {
  const path = await filledDatabase();
  truncateSync(path, 0);
  await expect(open(path)).rejects.toThrow(/put back a backup/);
});

test.each([0.9, 0.5, 0.1])('a file of which %d is left is refused', async (share) => {
  const path = await filledDatabase();
  truncateSync(path, Math.floor(readFileSync(path).length * share));
  await expect(open(path)).rejects.toThrow(StoreUnusableError);
});

test('a page that was overwritten is found at the start, or harms nothing', async () => {
  const path = await filledDatabase();
  const sound = readFileSync(path);
  let found = 0;
  for (let page = 0; page < sound.length / 4096; page += 7) {
    writeFileSync(path, sound);
    const descriptor = openSync(path, 'r+');
    writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(descriptor);
    const store = await open(path).catch((error: unknown) => error);
    if (store instanceof StoreUnusableError) {
      found++;
      continue;
    }
    if (store instanceof Error) throw store;
    const opened = store as Awaited<ReturnType<typeof open>>;
    expect((await opened.readRendered(everything)).rowCount, `page ${page}`).toBe(300);
    await opened.close();
  }
  expect(found).toBeGreaterThan(10);
});

test('a write-ahead log that was cut short is harmless', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await add(store, [makeCall()]);
  const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  await store.close();
  writeFileSync(path, database);
  writeFileSync(`${path}-wal`, log.subarray(0, log.length - 5_000));
  const again = await open(path);
  expect((await again.readRendered(everything)).rowCount).toBeLessThanOrEqual(1);
  await again.close();
});

test('nothing is made where only reading is asked for', async () => {
  const path = join(tempFolder(), 'calls.db');
  await expect(open(path, true)).rejects.toThrow(/There is no database/);
  expect(existsSync(path)).toBe(false);
});

test('a place where no database can be made is named', async () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(open(join(folder, 'file', 'calls.db'))).rejects.toThrow(StoreUnusableError);
});

test('what is opened for reading reads all and takes no tokens', async () => {
  const path = await filledDatabase();
  const store = await open(path, true);
  expect((await store.readRendered(everything)).rowCount).toBe(300);
  const token = { name: 'x', hash: new Uint8Array(32), sealedKey: null, projectIds: null, agent: null, createdAt: 1 };
  await expect(store.addToken({ ...token, scope: 'read' })).rejects.toThrow(/may not be written to/);
  await expect(store.checkWritable()).rejects.toThrow(/may not be written to/);
  await store.close();
});
