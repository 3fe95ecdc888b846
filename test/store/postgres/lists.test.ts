import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CallQuery } from '../../../src/core/call-filter.ts';
import type { Store } from '../../../src/core/call-store.ts';
import { ALL_COLUMNS } from '../../../src/store/postgres/derived-values.ts';
import type { PostgresStoreOptions } from '../../../src/store/postgres/open-postgres-store.ts';
import { Session } from '../../../src/store/postgres/session.ts';
import { contextOf, NOW, save, saveOf } from '../../support/commands.ts';
import { importVaried } from '../../support/import-varied.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

const moment = { now: NOW, pbxConnected: false };
/** Also by the time, as calls are not counted by that: SQL then looks at them. */
const filter = { statuses: ['pending'], createdAt: { from: 0, to: null } } as const;
const pending = { filter, sort: 'id', limit: 100, at: { page: 1 }, moment } as const;

async function open(url: string, options: Partial<PostgresStoreOptions> = {}): Promise<Store> {
  const store = await openTestStore(url, options);
  onTestFinished(() => store.close());
  return store;
}

/** Past all stores. */
function plainSql(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

/** Ends those of all stores, as a PostgreSQL does that starts anew. */
async function endConnections(sql: postgres.Sql): Promise<void> {
  let left = 1;
  while (left > 0) {
    const ended = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'callqueue'`;
    left = ended.length;
    await pause(1);
  }
}

/** What all stores of this process ask PostgreSQL for from now on. */
function watchStatements(): string[] {
  const statements: string[] = [];
  const note = (sql: string) => void statements.push(sql);
  const { all, bytes, run } = Session.prototype;
  vi.spyOn(Session.prototype, 'all').mockImplementation(function (this: Session, sql, values) {
    note(sql);
    return all.call(this, sql, values);
  });
  vi.spyOn(Session.prototype, 'bytes').mockImplementation(function (this: Session, sql, values) {
    note(sql);
    return bytes.call(this, sql, values);
  });
  vi.spyOn(Session.prototype, 'run').mockImplementation(function (this: Session, sql) {
    note(sql);
    return run.call(this, sql);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  return statements;
}

const isOfCounters = (sql: string) => /^SELECT last_sequence, .* FROM counters$/s.test(sql);

/** Asks until a list has the page ready: then all that is asked is the place of the newest change. */
async function untilReady(store: Store, query: CallQuery, statements: string[]): Promise<void> {
  for (let times = 0; times < 500; times++) {
    statements.length = 0;
    await store.readRendered(query);
    if (statements.length === 1 && isOfCounters(statements[0] as string)) return;
    await pause(1);
  }
  throw new Error(`No list answers ${JSON.stringify(query)}`);
}

/** A list of 200 pending calls, ready to answer. */
async function openWithList(options: Partial<PostgresStoreOptions> = {}) {
  const url = await createCallsDatabase();
  const statements = watchStatements();
  const store = await open(url, { lists: { everyMs: 3_600_000 }, ...options });
  await importVaried(store, 200);
  await untilReady(store, pending, statements);
  return { url, store, statements };
}

test('questions that come at once share one statement, which reads no calls while nothing changes', async () => {
  const { store, statements } = await openWithList();
  const later = { ...pending, at: { page: 2 } };
  await untilReady(store, later, statements);
  statements.length = 0;
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 8 }, () => [store.readRendered(pending), store.readRendered(later)]).flat());
  }
  expect(statements.every(isOfCounters)).toBe(true);
  expect(statements).toHaveLength(20);
});

test('a change is brought in by one more statement, and the page that it is on by another', async () => {
  const { store, statements } = await openWithList();
  await store.execute({ kind: 'cancel', rows: { ids: [7] }, code: 'a' }, contextOf());
  statements.length = 0;
  expect((await store.readRendered(pending)).rowCount).toBe(199);
  expect(statements).toHaveLength(3);
  expect(statements.filter((sql) => sql.includes('FROM calls WHERE'))).toEqual([]);
});

test('what any instance has acknowledged is in the very next answer of another, while many read', async () => {
  const { url, store, statements } = await openWithList();
  const writer = await open(url, { readLists: false });
  let isOver = false;
  const isRead = Promise.all(
    Array.from({ length: 16 }, async (_, reader) => {
      while (!isOver) await store.readRendered({ ...pending, at: { page: 1 + (reader % 3) } });
    }),
  );
  statements.length = 0;
  for (let times = 1; times <= 1_000; times++) {
    const id = (await save(writer, [{}]))[0]?.id as number;
    const { rowCount, lastId } = await store.readRendered({ ...pending, at: { afterId: id - 1 } });
    expect({ rowCount, lastId }).toEqual({ rowCount: 200 + times, lastId: id });
  }
  isOver = true;
  await isRead;
  // By SQL each of these would have been counted.
  expect(statements.filter((sql) => sql.includes('row_number() OVER () AS place')).length).toBeLessThan(50);
}, 60_000);

test('an answer that differs from the database is found, told without what was asked for, and not given again', async () => {
  const told: { facts: object; message: string }[] = [];
  const checked = Promise.withResolvers<void>();
  let isMeddled = false;
  const { url, store } = await openWithList({
    logger: { info: () => undefined, error: (facts, message) => told.push({ facts, message }) },
    lists: {
      everyMs: 0,
      onChecked(isEqual) {
        expect(isEqual).toBe(!isMeddled);
        if (!isEqual) checked.resolve();
      },
    },
  });
  isMeddled = true;
  // As no command does it: without an entry in the change feed.
  await plainSql(url)`UPDATE calls SET status = 'deleted' WHERE id = 7`;
  let isFound = false;
  void checked.promise.then(() => {
    isFound = true;
  });
  while (!isFound) await store.readRendered({ ...pending, limit: 10 });
  expect((await store.readCalls(pending)).calls.map(({ id }) => id)).not.toContain(7);
  expect(told).toHaveLength(1);
  expect(JSON.stringify(told[0])).not.toContain('pending');
});

test('after all connections were lost, questions are answered as the database is now', async () => {
  const { url, store, statements } = await openWithList();
  const writer = await open(url, { readLists: false });
  const sql = plainSql(url);
  for (let times = 1; times <= 10; times++) {
    await endConnections(sql);
    const { rowCount } = await store.readRendered(pending);
    expect(rowCount).toBe(199 + times);
    // The writer may be the one who notices.
    await save(writer, [{}]).catch(() => save(writer, [{}]));
    expect((await store.readRendered(pending)).rowCount).toBe(200 + times);
    await untilReady(store, pending, statements);
  }
});

test('a feed that has gone back, and on again to the same number, is not taken for the one that was followed', async () => {
  const { url, store } = await openWithList();
  const sql = plainSql(url);
  // As a server that has taken over without the last five changes.
  await sql`UPDATE counters SET last_sequence = last_sequence - 5`;
  await sql`DELETE FROM changes WHERE sequence > (SELECT last_sequence FROM counters)`;
  await sql`UPDATE calls SET status = 'deleted' WHERE id = 7`;
  await endConnections(sql);
  const writer = await open(url, { readLists: false });
  for (let times = 0; times < 5; times++) await save(writer, [{}]);
  expect(await writer.lastSequence()).toBe(200);
  const [answer, expected] = [await store.readRendered(pending), await writer.readRendered(pending)];
  expect(expected.rowCount).toBe(204);
  expect(answer).toEqual(expected);
});

test.each([
  [
    'other tables in their place',
    `ALTER TABLE counters RENAME TO counters_before; CREATE TABLE counters (LIKE counters_before INCLUDING ALL);
    INSERT INTO counters SELECT * FROM counters_before; DROP TABLE counters_before`,
  ],
  [
    'tables filled anew',
    `CREATE TEMPORARY TABLE counters_before AS SELECT * FROM counters; TRUNCATE counters;
    INSERT INTO counters SELECT * FROM counters_before`,
  ],
])('%s are noticed, though no connection was lost and the feed has the same number', async (_, change) => {
  const { url, store } = await openWithList();
  const sql = plainSql(url);
  await sql`UPDATE calls SET status = 'deleted' WHERE id = 7`;
  await sql.unsafe(`BEGIN; ${change}; COMMIT`);
  expect((await store.readRendered(pending)).rowCount).toBe(199);
});

test('where the feed is no longer kept as far back as a list has come, the list begins anew', async () => {
  const { url, store, statements } = await openWithList();
  const writer = await open(url, { readLists: false });
  await writer.execute(saveOf([{}, {}, {}]), contextOf());
  await writer.tidy({ repeatsBefore: NOW, changesBefore: NOW + 1_000_000_000 });
  expect((await writer.changes({ since: 0, limit: 1, projectIds: null, filter: {}, moment })).reset).toBe(true);
  expect((await store.readRendered(pending)).rowCount).toBe(203);
  await untilReady(store, pending, statements);
  expect((await store.readRendered(pending)).rowCount).toBe(203);
});

test('removed calls leave the lists of all instances', async () => {
  const { url, store, statements } = await openWithList();
  const cancelled = { ...pending, filter: { ...filter, statuses: ['cancelled'] } } as const;
  const writer = await open(url, { readLists: false });
  await writer.execute({ kind: 'cancel', rows: { ids: [7, 8, 9] }, code: 'a' }, contextOf());
  await untilReady(store, cancelled, statements);
  expect((await store.readRendered(cancelled)).rowCount).toBe(3);
  await writer.tidy({ repeatsBefore: NOW, closedCallsBefore: NOW + 1 });
  expect(await store.readRendered(cancelled)).toEqual({ ...(await writer.readRendered(cancelled)), rowCount: 0 });
});

test('while lists of 200,000 calls are found and read this thread stands still for no more than 50 ms', async () => {
  const url = await createTestDatabase();
  const store = await open(url);
  await importVaried(store, 2_000);
  // All of them 99 times more, without any index: to import as many takes half a minute.
  await plainSql(url).unsafe(`BEGIN;
    DO $$ DECLARE one text; BEGIN
      FOR one IN SELECT indexname FROM pg_indexes WHERE tablename = 'calls' AND indexname <> 'calls_pkey' LOOP
        EXECUTE 'DROP INDEX ' || one;
      END LOOP;
    END $$;
    INSERT INTO calls (${ALL_COLUMNS}) SELECT ${ALL_COLUMNS.map((one) => (one === 'id' ? 'id + 2000 * turn' : one))}
      FROM calls, generate_series(1, 99) AS turn;
    INSERT INTO bodies SELECT id + 2000 * turn, json FROM bodies, generate_series(1, 99) AS turn;
    UPDATE call_counts SET count = count * 100; COMMIT`);
  const questions: CallQuery[] = [
    { ...pending, filter: { statuses: ['pending', 'completed'] } },
    { ...pending, filter: { scheduledUntil: NOW }, sort: 'dial_order', at: { page: 200 } },
    { ...pending, filter: { scheduledUntil: NOW }, sort: '-schedule', at: { page: 200 } },
    { ...pending, filter: { due: true }, at: { page: 900 } },
    { ...pending, filter: {}, at: { page: 1_000 } },
  ];
  // CPU of this thread from one turn of its loop to the next; the time would count what others do on the machine.
  let longestMs = 0;
  let isEnding = false;
  let used = process.threadCpuUsage();
  const turn = () => {
    const { user, system } = process.threadCpuUsage(used);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    used = process.threadCpuUsage();
    if (!isEnding) setImmediate(turn);
  };
  const statements = watchStatements();
  turn();
  for (const question of questions) await untilReady(store, question, statements);
  isEnding = true;
  expect(longestMs).toBeLessThan(50);
}, 60_000);

test('more pages than one statement may answer are answered by two', async () => {
  const { store, statements } = await openWithList();
  await importVaried(store, 1_000);
  await untilReady(store, pending, statements);
  const pages = Array.from({ length: 12 }, (_, index) => ({ ...pending, limit: 1_000 - index }));
  statements.length = 0;
  const answers = await Promise.all([...pages, ...pages].map((query) => store.readRendered(query)));
  for (const [index, { rowCount, length }] of answers.entries()) {
    expect({ rowCount, length }).toEqual({ rowCount: 1_200, length: 1_000 - (index % 12) });
  }
  expect(statements).toHaveLength(2);
});

test('a page that changes under each look at it is answered by SQL after the third', async () => {
  const { url, store } = await openWithList();
  const sql = plainSql(url);
  const plain = await open(url, { readLists: false });
  // Or this would be the function that watches, and call itself.
  vi.restoreAllMocks();
  const { bytes } = Session.prototype;
  let looks = 0;
  let last = 0;
  vi.spyOn(Session.prototype, 'bytes').mockImplementation(async function (this: Session, statement, values) {
    if (statement.includes('WITH entries AS')) {
      looks += 1;
      last += 1;
      // Between the question and the look: the page begins one call later, and the feed tells of it.
      await sql.begin((one) => [
        one`UPDATE calls SET status = 'cancelled' WHERE id = ${last}`,
        one`WITH given AS (UPDATE counters SET last_sequence = last_sequence + 1 RETURNING last_sequence)
          INSERT INTO changes (sequence, call_id, project_id, at) SELECT last_sequence, ${last}::bigint, 1, 0 FROM given`,
      ]);
    }
    return bytes.call(this, statement, values);
  });
  await store.execute({ kind: 'cancel', rows: { ids: [200] }, code: 'a' }, contextOf());
  const answer = await store.readRendered(pending);
  expect(looks).toBe(3);
  vi.restoreAllMocks();
  const expected = await plain.readRendered(pending);
  expect({ ...answer, json: String(answer.json) }).toEqual({ ...expected, json: String(expected.json) });
});
