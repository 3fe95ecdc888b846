import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/core/errors.ts';
import { Database, type DatabaseOptions } from '../../../src/store/postgres/database.ts';
import { carryOut, claimOf, NOW, save } from '../../support/commands.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

/** A connection of somebody else, past the store. */
function plainSql(url: string) {
  const sql = postgres(url, { max: 2, onnotice: () => undefined });
  onTestFinished(() => sql.end({ timeout: 1 }));
  return sql;
}

async function openDatabase(options: Partial<DatabaseOptions>) {
  const url = await createTestDatabase();
  const database = new Database({ url, ...options });
  onTestFinished(() => database.close());
  return { database, sql: plainSql(url) };
}

/** What PostgreSQL sees of our connections; a transaction that was left open holds up others. */
async function connectionsOf(sql: postgres.Sql): Promise<{ open: number; inTransaction: number }> {
  const [found] = await sql`SELECT count(*)::int AS open,
      (count(*) FILTER (WHERE state <> 'idle'))::int AS "inTransaction" FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'callqueue'`;
  return found as { open: number; inTransaction: number };
}

async function refusalOf(work: Promise<unknown>): Promise<StoreUnavailableError> {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(StoreUnavailableError);
  return refusal as StoreUnavailableError;
}

test('a statement that takes too long is ended and told as such, and its connection is good for the next', async () => {
  const { database, sql } = await openDatabase({ statementTimeoutMs: 50, mostSessions: 1 });
  for (let round = 0; round < 6; round += 1) {
    const work =
      round % 2 === 0 ? database.all('SELECT pg_sleep(60)') : database.write((s) => s.all('SELECT pg_sleep(60)'));
    expect(await refusalOf(work)).toMatchObject({
      isOutcomeUnknown: false,
      message: expect.stringContaining('took too long'),
    });
  }
  expect(await database.value('SELECT 1')).toBe(1);
  expect(await connectionsOf(sql)).toEqual({ open: 1, inTransaction: 0 });
});

test('who waits too long for a connection is told so, and gets one as soon as there is one again', async () => {
  const { database, sql } = await openDatabase({ mostSessions: 2, sessionWaitMs: 100 });
  const held = [await database.acquire(), await database.acquire()];
  const refusals = await Promise.all(Array.from({ length: 50 }, () => refusalOf(database.value('SELECT 1'))));
  for (const { message } of refusals) expect(message).toMatch(/^Busy: all connections/);
  const waiting = database.value('SELECT 2');
  for (const session of held) database.release(session);
  expect(await waiting).toBe(2);
  expect(await Promise.all(Array.from({ length: 50 }, (_, at) => database.value(`SELECT ${at}`)))).toHaveLength(50);
  expect(await connectionsOf(sql)).toEqual({ open: 2, inTransaction: 0 });
});

test('whose connections all die while others wait for one, those are served over new ones', async () => {
  const { database, sql } = await openDatabase({ mostSessions: 2 });
  await Promise.all([database.value('SELECT 1'), database.value('SELECT 1')]);
  const asked = Promise.allSettled(Array.from({ length: 20 }, () => database.value('SELECT pg_sleep(0.05)::text')));
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'callqueue'`;
  expect((await asked).filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(await connectionsOf(sql)).toEqual({ open: 2, inTransaction: 0 });
});

test('a connection that is made too late for whoever waited for it serves those who come after', async () => {
  const url = await createTestDatabase();
  await using proxy = await startPostgresProxy(url);
  const database = new Database({ url: proxy.url, mostSessions: 2, sessionWaitMs: 100 });
  onTestFinished(() => database.close());
  for (let round = 0; round < 3; round += 1) {
    const held = [await database.acquire(), await database.acquire()];
    const asked = Array.from({ length: 4 }, () => refusalOf(database.value('SELECT 1')));
    proxy.hold();
    await Promise.all(held.map((session) => session.close()));
    for (const { message } of await Promise.all(asked)) expect(message).toMatch(/^Busy: all connections/);
    proxy.mend();
    await expect.poll(() => database.value('SELECT 2').catch(() => 0), { timeout: 10_000 }).toBe(2);
    for (const session of held) database.release(session);
  }
});

test('where PostgreSQL gives fewer connections than wanted, those that there are serve everybody', async () => {
  const { database: outside, sql } = await openDatabase({});
  const role = `few_${Date.now()}`;
  await sql.unsafe(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 2`);
  onTestFinished(async () => void (await sql.unsafe(`DROP ROLE ${role}`)));
  const url = Object.assign(new URL(`postgres://${outside.address.slice('postgres://'.length)}`), {
    username: role,
  }).href;
  const database = new Database({ url, mostSessions: 8 });
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => database.value(`SELECT ${at} FROM pg_sleep(0.01)`)),
  );
  expect(answers).toEqual(Array.from({ length: 40 }, (_, at) => at));
  expect(await connectionsOf(sql)).toEqual({ open: 2, inTransaction: 0 });

  // Another instance, to which none is left, says why.
  const other = new Database({ url });
  expect((await refusalOf(other.value('SELECT 1'))).message).toMatch(/takes no more connections/);
  await database.close();
  await expect.poll(() => other.value('SELECT 1').catch(() => 0), { timeout: 10_000 }).toBe(1);
  await other.close();
});

test('calls that somebody else has locked are refused after the wait, with nothing stored, held or left behind', async () => {
  const url = await createCallsDatabase();
  const store = await openTestStore(url, { lockWaitMs: 100 });
  onTestFinished(() => store.close());
  const sql = plainSql(url);
  await save(store, [{}, {}]);
  const outside = await sql.reserve();
  await outside`BEGIN`;
  await outside`SELECT 1 FROM calls WHERE id = 1 FOR UPDATE`;
  for (let round = 0; round < 5; round += 1) {
    const refusals = await Promise.all([
      refusalOf(carryOut(store, claimOf('ana', { id: 1 }))),
      refusalOf(carryOut(store, { kind: 'note', id: 1, text: 'not now' })),
    ]);
    for (const refusal of refusals) expect(refusal.isOutcomeUnknown).toBe(false);
  }
  // The best one is passed by, as somebody has it in hand.
  expect(await carryOut(store, claimOf('ben'))).toMatchObject([{ id: 2, claimedBy: 'ben' }]);
  await outside`ROLLBACK`;
  outside.release();
  expect(await carryOut(store, claimOf('ana', { id: 1 }))).toMatchObject([{ id: 1, claimedBy: 'ana' }]);
  const history = (await store.history(1, null)) ?? [];
  expect(history.map(({ event }) => event)).toEqual(['created', 'claimed']);
  expect(await connectionsOf(sql)).toMatchObject({ inTransaction: 0 });
});

test('a table that somebody else holds makes reads and writes wait no longer than they may', async () => {
  const url = await createCallsDatabase();
  const store = await openTestStore(url, { lockWaitMs: 100, mostSessions: 2 });
  onTestFinished(() => store.close());
  const sql = plainSql(url);
  await save(store, [{}]);
  const outside = await sql.reserve();
  await outside`BEGIN`;
  await outside`LOCK TABLE calls IN ACCESS EXCLUSIVE MODE`;
  const moment = { now: NOW, pbxConnected: false };
  const question = { filter: {}, sort: 'id', limit: 10, at: { page: 1 }, moment } as const;
  await Promise.all([
    refusalOf(store.readRendered(question)),
    refusalOf(store.readCalls(question)),
    refusalOf(save(store, [{}])),
    refusalOf(carryOut(store, claimOf('ana'))),
  ]);
  await outside`ROLLBACK`;
  outside.release();
  expect((await store.readRendered(question)).rowCount).toBe(1);
  expect(await connectionsOf(sql)).toMatchObject({ inTransaction: 0 });
});
