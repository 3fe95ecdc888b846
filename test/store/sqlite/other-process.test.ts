import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError, StoreUnusableError } from '../../../src/core/errors.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { makeCall } from '../../support/make-call.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { add } from '../call-store-contract.ts';
import { runChild } from './children/run-child.ts';

const everything = {
  filter: {},
  sort: 'id',
  limit: 10,
  at: { page: 1 },
  moment: { now: 1, pbxConnected: false },
} as const;
const token = {
  name: 'x',
  hash: new Uint8Array(32),
  sealedKey: null,
  scope: 'read',
  projectIds: null,
  agent: null,
} as const;

async function open(path: string, options: Partial<SqliteStoreOptions> = {}) {
  const store = await openSqliteStore({ path, derivation: plainDerivation, ...options });
  onTestFinished(() => store.close());
  return store;
}

test('an import of another process is not seen while it runs, and leaves nothing when it is killed', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await add(store, [makeCall(), makeCall()]);
  const child = runChild('import-calls', path);
  await child.printed('many');
  expect(await store.readRendered(everything)).toMatchObject({ rowCount: 2, length: 2, lastId: 2 });
  expect((await store.readRendered({ ...everything, filter: { search: 'imported' } })).rowCount).toBe(0);
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
  expect((await store.readRendered({ ...everything, filter: { projectIds: [7] } })).rowCount).toBe(0);
  await add(store, [makeCall()]);
  expect((await store.readRendered(everything)).rowCount).toBe(3);
});

test('the first import into an empty list leaves nothing when it is killed, indexes included', async () => {
  const path = join(tempFolder(), 'calls.db');
  const child = runChild('import-calls', path);
  await child.printed('many');
  child.process.kill('SIGKILL');
  await child.ended;
  const store = await open(path);
  expect((await store.readRendered(everything)).rowCount).toBe(0);
  await add(store, [makeCall({ externalId: 'x' })]);
  expect((await store.readRendered({ ...everything, filter: { externalIds: ['x'] } })).rowCount).toBe(1);
});

test('while another process holds the lock reads are answered, writes give up in time, and nothing stands still', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path, { lockWaitMs: 300 });
  await add(store, [makeCall()]);
  const other = new Connection(path);
  onTestFinished(() => other.close());
  other.run('BEGIN IMMEDIATE');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const writing = store.addToken({ ...token, createdAt: 1 }).catch((error: unknown) => error);
  const importing = store.beginImport().catch((error: unknown) => error);
  expect((await store.readRendered(everything)).rowCount).toBe(1);
  expect(await writing).toBeInstanceOf(StoreUnavailableError);
  expect(await importing).toBeInstanceOf(StoreUnavailableError);
  delay.disable();
  expect(delay.max / 1e6).toBeLessThan(200);
  other.rollback();
  expect((await store.addToken({ ...token, createdAt: 1 })).id).toBe(1);
});

test('a server is told when another process makes the rows anew with other settings', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await add(store, [makeCall()]);
  const derivation = { ...plainDerivation, version: 'other' };
  const other = await open(path, { derivation });
  expect((await other.readRendered(everything)).rowCount).toBe(1);
  await expect(store.readRendered(everything)).rejects.toThrow(/other settings/);
  await expect(store.beginImport()).rejects.toThrow(StoreUnavailableError);
});

test('who adds calls beside a server with other settings is refused, and nothing is made anew', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  const derivation = { ...plainDerivation, version: 'other' };
  // Nothing is derived yet, so whoever comes first decides.
  const first = await open(path, { derivation, whenDerivedDiffers: 'refuse' });
  await add(first, [makeCall()]);
  await first.close();
  await store.close();
  await expect(open(path, { whenDerivedDiffers: 'refuse' })).rejects.toThrow(StoreUnusableError);
  await expect(open(path, { readOnly: true })).rejects.toThrow(/callqueue migrate/);
  const indifferent = await open(path, { whenDerivedDiffers: 'ignore' });
  await indifferent.addToken({ ...token, createdAt: 1 });
  await expect(indifferent.beginImport()).rejects.toThrow(/other settings/);
  await indifferent.close();
  const right = await open(path, { derivation, whenDerivedDiffers: 'refuse' });
  expect((await right.readRendered(everything)).rowCount).toBe(1);
});

test('countries that would make two open calls one are refused by naming the call', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await add(store, [
    makeCall({ externalId: 'x', callerId: '01632960001' }),
    makeCall({ externalId: 'x', callerId: '+441632960001' }),
  ]);
  await store.close();
  const derivation = {
    ...plainDerivation,
    version: 'with country',
    derive: (call: Parameters<typeof plainDerivation.derive>[0]) => ({
      ...plainDerivation.derive(call),
      callerNumber: call.callerId.replace(/^0/, '+44'),
    }),
  };
  await expect(open(path, { derivation })).rejects.toThrow(/call 1 becomes the same .* external id x/);
  const asBefore = await open(path);
  expect((await asBefore.readRendered({ ...everything, filter: { callerNumbers: ['01632960001'] } })).rowCount).toBe(1);
});

test('a full disk is told as such, harms nothing, and is over when there is space again', async () => {
  const path = join(tempFolder(), 'calls.db');
  await (await open(path)).close();
  const connection = new Connection(path);
  onTestFinished(() => connection.close());
  const pages = Number(connection.value('PRAGMA page_count'));
  connection.run(`PRAGMA max_page_count = ${pages}`);
  const fill = () =>
    connection.write(() => {
      for (let id = 1; id < 200; id++) connection.run('INSERT INTO meta VALUES (?, ?)', [`${id}`, 'x'.repeat(500)]);
    }, 0);
  await expect(fill()).rejects.toThrow(/no space left/);
  await expect(fill()).rejects.toThrow(StoreUnavailableError);
  expect(connection.value('SELECT count(*) FROM meta WHERE length(value) = 500')).toBe(0);
  connection.run(`PRAGMA max_page_count = ${pages + 1_000}`);
  await fill();
  expect(connection.value('SELECT count(*) FROM meta WHERE length(value) = 500')).toBe(199);
});
