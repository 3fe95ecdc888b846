import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import * as contract from '../../../client/src/contract.ts';
import { StoreUnusableError } from '../../../src/core/errors.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { createDatabase } from '../../../src/store/sqlite/create-database.ts';
import { migrate } from '../../../src/store/sqlite/migrate.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/schema/migrations.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { runChild } from './children/run-child.ts';

const everything = {
  filter: {},
  sort: 'id',
  limit: 100,
  at: { page: 1 },
  moment: { now: 1, pbxConnected: false },
} as const;

test('processes that start at once on no database make one, and each call is in it', async () => {
  const folder = tempFolder();
  const path = join(folder, 'sub', 'calls.db');
  const children = Array.from({ length: 4 }, () => runChild('open-store', path));
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
  const store = await openSqliteStore({ path, derivation: plainDerivation });
  expect((await store.readRendered(everything)).rowCount).toBe(4);
  await store.close();
  expect(readdirSync(join(folder, 'sub'))).toEqual(['calls.db']);
});

test('two migrations at once: one does it, the other waits and finds it done', async () => {
  const path = join(tempFolder(), 'calls.db');
  const [one, other] = [new Connection(path), new Connection(path)];
  one.exec('PRAGMA journal_mode = WAL');
  const outcomes = await Promise.all([one, other].map((connection) => migrate(connection, { lockWaitMs: 5_000 })));
  expect(outcomes.map(({ to }) => to)).toEqual([MIGRATIONS.length, MIGRATIONS.length]);
  await expect(migrate(other, { lockWaitMs: 0 })).resolves.toEqual({ from: MIGRATIONS.length, to: MIGRATIONS.length });
  one.close();
  other.close();
});

test('a migration that is killed leaves the old schema, whichever its statement, and the next one succeeds', async () => {
  const path = join(tempFolder(), 'calls.db');
  new Connection(path).close();
  const statements = MIGRATIONS.flat().length;
  // First, last, and some between: each is a process of its own.
  for (const number of [1, 2, Math.floor(statements / 2), statements, statements + 1]) {
    expect(await runChild('migrate-until', path, String(number)).ended, `statement ${number}`).toBe('SIGKILL');
    const database = new DatabaseSync(path);
    expect(database.prepare('SELECT count(*) AS objects FROM sqlite_schema').get()).toEqual({ objects: 0 });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 0 });
    database.close();
  }
  expect(await runChild('migrate-until', path, '0').ended).toBe(0);
  const database = new DatabaseSync(path);
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
  database.close();
});

test('later migrations run once, in order, and a statement that fails undoes the whole step', async () => {
  const path = join(tempFolder(), 'calls.db');
  await createDatabase(path);
  const connection = new Connection(path);
  const good = [...MIGRATIONS, ['CREATE TABLE more (id INTEGER) STRICT', 'INSERT INTO more VALUES (1)']];
  const bad = [...good, ['INSERT INTO more VALUES (2)', 'INSERT INTO nowhere VALUES (1)']];
  await expect(migrate(connection, { lockWaitMs: 0, migrations: bad })).rejects.toThrow('nowhere');
  expect(connection.get(`SELECT 1 FROM sqlite_schema WHERE name = 'more'`)).toBeUndefined();
  const from = MIGRATIONS.length;
  expect(await migrate(connection, { lockWaitMs: 0, migrations: good })).toEqual({ from, to: from + 1 });
  expect(await migrate(connection, { lockWaitMs: 0, migrations: good })).toEqual({ from: from + 1, to: from + 1 });
  expect(connection.all('SELECT id FROM more')).toEqual([[1]]);
  connection.close();
});

test('histories that were written before missed calls are kept, and take what is new', async () => {
  const path = join(tempFolder(), 'calls.db');
  const connection = new Connection(path);
  await migrate(connection, { lockWaitMs: 0, migrations: MIGRATIONS.slice(0, 2) });
  const entries = [
    [7, 1, 100, 'a', 'created', null, 'pending', null, null],
    [7, 2, 101, 'b', 'note', 'pending', 'pending', 'words', '{"x":1}'],
    [9, 1, 102, 'c', 'imported', null, 'completed', null, null],
  ];
  for (const entry of entries) connection.run('INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', entry);
  expect(await migrate(connection, { lockWaitMs: 0 })).toEqual({ from: 2, to: MIGRATIONS.length });
  expect(connection.all('SELECT * FROM history ORDER BY call_id, number')).toEqual(entries);
  connection.run(`INSERT INTO history VALUES (7, 3, 103, 'd', 'missed', 'pending', 'pending', NULL, NULL)`);
  expect(() =>
    connection.run(`INSERT INTO history VALUES (7, 3, 103, 'd', 'missed', NULL, NULL, NULL, NULL)`),
  ).toThrow();
  connection.close();
});

test('missed calls without a row that were counted before the do-not-call list are kept, and take what is new', async () => {
  const path = join(tempFolder(), 'calls.db');
  const connection = new Connection(path);
  await migrate(connection, { lockWaitMs: 0, migrations: MIGRATIONS.slice(0, 3) });
  const counted = [
    [1, 'withheld', 3600, 4, 3700],
    [2, 'not_dialable', 7200, 1, 7201],
  ];
  for (const row of counted) connection.run('INSERT INTO unlisted_misses VALUES (?, ?, ?, ?, ?)', row);
  expect(await migrate(connection, { lockWaitMs: 0 })).toEqual({ from: 3, to: MIGRATIONS.length });
  expect(connection.all('SELECT * FROM unlisted_misses ORDER BY hour')).toEqual(counted);
  connection.run(`INSERT INTO unlisted_misses VALUES (1, 'do_not_call', 3600, 1, 3700)`);
  expect(() => connection.run(`INSERT INTO unlisted_misses VALUES (1, 'other', 3600, 1, 3700)`)).toThrow();
  connection.close();
});

test('a database of a newer version, or of another program, is refused and left alone', async () => {
  const folder = tempFolder();
  const newer = join(folder, 'newer.db');
  await createDatabase(newer);
  const database = new DatabaseSync(newer);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const open = (path: string) => openSqliteStore({ path, derivation: plainDerivation });
  await expect(open(newer)).rejects.toThrow(/newer callqueue \(schema 99/);
  await expect(open(newer)).rejects.toThrow(StoreUnusableError);

  const foreign = join(folder, 'foreign.db');
  const other = new DatabaseSync(foreign);
  other.exec('CREATE TABLE songs (title TEXT)');
  other.close();
  await expect(open(foreign)).rejects.toThrow(/another program/);
});

test('a schema that is older is not read without being brought up to date', async () => {
  const path = join(tempFolder(), 'calls.db');
  await createDatabase(path);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 0');
  database.close();
  const opened = openSqliteStore({ path, derivation: plainDerivation, readOnly: true });
  await expect(opened).rejects.toThrow(/callqueue migrate/);
});

test('the database takes the words of the API and no others', async () => {
  const path = join(tempFolder(), 'calls.db');
  await createDatabase(path);
  const connection = new Connection(path);
  const schema = connection.all(`SELECT sql FROM sqlite_schema WHERE type = 'table'`).join('\n');
  connection.close();
  const { SOURCES, STATUSES, OUTBOUND_TYPES, ATTEND_TYPES, DESTINATION_TYPES, RESULTS, SCOPES, CALL_EVENTS, UNLISTED } =
    contract;
  const columns = {
    source: SOURCES,
    status: STATUSES,
    outbound_type: OUTBOUND_TYPES,
    attend_type: ATTEND_TYPES,
    type: DESTINATION_TYPES,
    last_result: RESULTS,
    scope: SCOPES,
    event: CALL_EVENTS,
    from_status: STATUSES,
    to_status: STATUSES,
    why: UNLISTED,
  };
  for (const [column, words] of Object.entries(columns)) {
    const found = new RegExp(`CHECK \\((${column} = [^)]*)\\)`).exec(schema)?.[1];
    expect(found?.split(' OR '), column).toEqual(words.map((word) => `${column} = '${word}'`));
  }
});
