import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { GroupCommit } from '../../../src/store/sqlite/group-commit.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { createStoreWriter } from '../../../src/store/sqlite/store-writer.ts';
import { openWriterConnection } from '../../../src/store/sqlite/writer-connection.ts';
import { NOW, save } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { spawnPlainWriter } from '../../support/plain-writer.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { runChild, runChildBy } from './children/run-child.ts';

const moment = { now: NOW, pbxConnected: false };
const everything = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment } as const;

async function open(path: string, options: Partial<SqliteStoreOptions> = {}) {
  const store = await openSqliteStore({ path, derivation: plainDerivation, ...options });
  onTestFinished(() => store.close());
  return store;
}

test('while another process holds the lock commands wait and reads are answered', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path, { spawnWriter: spawnPlainWriter, lockWaitMs: 10_000 });
  await save(store, [{}]);
  const other = new Connection(path);
  onTestFinished(() => other.close());
  other.run('BEGIN IMMEDIATE');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let isSaved = false;
  const saving = save(store, [{}]).then(() => {
    isSaved = true;
  });
  for (let count = 0; count < 50; count++) {
    expect((await store.readRendered(everything)).rowCount).toBe(1);
    await store.checkWritable();
  }
  expect(isSaved).toBe(false);
  delay.disable();
  expect(delay.max / 1e6).toBeLessThan(200);
  other.rollback();
  await saving;
  expect((await store.readRendered(everything)).rowCount).toBe(2);
});

test('when the lock is held for too long the command is refused, and later ones are not', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path, { spawnWriter: spawnPlainWriter, lockWaitMs: 400 });
  const other = new Connection(path);
  onTestFinished(() => other.close());
  other.run('BEGIN IMMEDIATE');
  const saves = Array.from({ length: 1_000 }, () => save(store, [{}]));
  const begun = performance.now();
  for (const one of await Promise.allSettled(saves)) {
    expect(one).toMatchObject({
      reason: { code: 'store_unavailable', message: expect.stringMatching(/Another process is writing/) },
    });
  }
  // Not one group after the other.
  expect(performance.now() - begun).toBeLessThan(1_000);
  other.rollback();
  expect(await save(store, [{}])).toMatchObject([{ id: 1 }]);
});

test('when the disk is full commands are refused and what is stored can be read; with space again they work', async () => {
  const path = join(tempFolder(), 'calls.db');
  const store = await open(path);
  await save(store, [{ externalId: 'kept' }]);
  const connection = openWriterConnection(path);
  const onFatal = (error: Error) => {
    throw error;
  };
  const writer = createStoreWriter({
    connection,
    derivation: plainDerivation,
    lockWaitMs: 1000,
    onCommit: () => undefined,
    onFatal,
  });
  onTestFinished(() => writer.close());
  const pages = Number(connection.value('PRAGMA page_count'));
  connection.exec(`PRAGMA max_page_count = ${pages + 20}`);
  const many = Array.from({ length: 2_000 }, () => ({}));
  const settled = await Promise.allSettled([save(writer, many), save(writer, [{}, ...many])]);
  for (const one of settled) {
    expect(one).toMatchObject({
      status: 'rejected',
      reason: { code: 'store_unavailable', message: expect.stringMatching(/no space left/) },
    });
  }
  expect((await store.readRendered(everything)).rowCount).toBe(1);
  expect(await store.lastSequence()).toBe(1);
  connection.exec(`PRAGMA max_page_count = ${pages + 20_000}`);
  expect(await save(writer, many)).toHaveLength(2_000);
  expect((await store.readRendered(everything)).rowCount).toBe(2_001);
});

test('when too much is waiting, who comes next is told to try later', async () => {
  const store = await open(join(tempFolder(), 'calls.db'));
  const thousand = Array.from({ length: 1_000 }, () => ({}));
  const settled = await Promise.allSettled(Array.from({ length: 102 }, () => save(store, thousand, { dryRun: true })));
  expect(settled.slice(0, 100).every(({ status }) => status === 'fulfilled')).toBe(true);
  expect(settled.slice(100)).toMatchObject([
    { reason: { code: 'store_unavailable', message: expect.stringMatching(/^Busy/) } },
    { reason: { code: 'store_unavailable' } },
  ]);
});

test('jobs that wait together share a commit, and one that must be undone does not undo the others', async () => {
  const path = join(tempFolder(), 'calls.db');
  await (await openSqliteStore({ path, derivation: plainDerivation })).close();
  const connection = new Connection(path);
  connection.exec('CREATE TABLE marks (name TEXT)');
  onTestFinished(() => connection.close());
  const groups: number[] = [];
  const group = new GroupCommit({
    connection,
    lockWaitMs: 0,
    guard: () => undefined,
    onCommit: ({ jobs }) => groups.push(jobs),
    onFatal: (error) => {
      throw error;
    },
  });
  const mark = (name: string, isKept = true) =>
    group.run({
      work: () => {
        connection.run('INSERT INTO marks VALUES (?)', [name]);
        if (name === 'thrown') throw new Error('by the job');
        return name;
      },
      isKept: () => isKept,
      weight: 1,
    });
  const settled = await Promise.allSettled([mark('a'), mark('b'), mark('thrown'), mark('undone', false), mark('c')]);
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual([
    'a',
    'b',
    'by the job',
    'undone',
    'c',
  ]);
  expect(connection.all('SELECT name FROM marks')).toEqual([['a'], ['b'], ['c']]);
  expect(await mark('undone alone', false)).toBe('undone alone');
  expect(connection.all('SELECT count(*) FROM marks')).toEqual([[3]]);
  expect(groups).toEqual([5, 1]);
});

test('a writing thread that ends by itself takes the process with it, in one line', async () => {
  const child = runChild('writer-dies', join(tempFolder(), 'calls.db'));
  await child.printed('The thread that stores calls has ended: exit code 1');
  expect(await child.ended).toBe(1);
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;

test.skipIf(!hasStrace)(
  'when the disk fails to make a commit durable nothing is acknowledged and the process ends',
  async () => {
    const path = join(tempFolder(), 'calls.db');
    await (await openSqliteStore({ path, derivation: plainDerivation })).close();
    // The thread that writes is the only one that syncs so often.
    const failing = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
    failing.push('-e', 'inject=fsync,fdatasync:error=EIO:when=12+');
    const child = runChildBy(failing, 'saves', path);
    expect(await child.ended).toBe(1);
    const printed = child.output();
    expect(printed).toContain('The disk failed while calls were being made durable');
    const acknowledged = (printed.match(/^saved/gm) ?? []).length;
    const database = new DatabaseSync(path);
    const { calls } = database.prepare('SELECT count(*) AS calls FROM calls').get() as { calls: number };
    database.close();
    // What was not acknowledged may be there all the same.
    expect(acknowledged).toBeGreaterThan(0);
    expect(calls).toBeGreaterThanOrEqual(acknowledged);
    expect(calls).toBeLessThanOrEqual(acknowledged + 1);
  },
);
