import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { ensureSettingsToken } from '../../../src/app/settings-token.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../../src/core/errors.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import { migrate } from '../../../src/store/postgres/migrate.ts';
import { MIGRATIONS } from '../../../src/store/postgres/schema/migrations.ts';
import { NOW, save } from '../../support/commands.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

const INSTANCES = 6;
const moment = { now: NOW, pbxConnected: false };

async function each<T>(work: (at: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: INSTANCES }, (_, at) => work(at)));
}

test('instances that start at the same moment on an empty database make its tables once, and all of them work', async () => {
  const url = await createTestDatabase();
  const stores = await each(() => openTestStore(url));
  onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
  const saved = await Promise.all(stores.map((store) => save(store, [{}])));
  expect(saved.map(([call]) => call?.id).sort()).toEqual([1, 2, 3, 4, 5, 6]);
  for (const store of stores) expect(await store.lastSequence()).toBe(INSTANCES);
});

test('a migration that several begin at the same moment is done by one of them', async () => {
  const url = await createTestDatabase();
  const migrations = [...MIGRATIONS, ['CREATE TABLE done (by integer)', 'INSERT INTO done VALUES (pg_backend_pid())']];
  const databases = Array.from({ length: INSTANCES }, () => new Database({ url }));
  onTestFinished(async () => void (await Promise.all(databases.map((database) => database.close()))));
  const outcomes = await Promise.all(databases.map((database) => migrate(database, { migrations })));
  expect(outcomes.every(({ to }) => to === migrations.length)).toBe(true);
  expect(await databases[0]?.value('SELECT count(*) FROM done')).toBe(1);
});

test('the token of the settings is made once by instances that start at the same moment', async () => {
  const url = await createCallsDatabase();
  const stores = await each(() => openTestStore(url));
  onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
  const settings = { token: 'a-token-of-the-settings' };
  await Promise.all(stores.map((store) => ensureSettingsToken(store, settings, NOW)));
  expect(await stores[0]?.listTokens()).toMatchObject([{ name: 'CALLQUEUE_TOKEN', revokedAt: null }]);
});

test('an older program does not start on a newer schema, and one that runs already stops answering, both with the reason', async () => {
  const url = await createCallsDatabase();
  const running = await openTestStore(url);
  onTestFinished(() => running.close());
  await save(running, [{}]);
  const sql = postgres(url, { max: 1 });
  onTestFinished(() => sql.end());
  await sql`UPDATE meta SET value = ${String(MIGRATIONS.length + 1)} WHERE name = 'schema'`;

  const refusal = await openTestStore(url).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StoreUnusableError);
  expect((refusal as Error).message).toMatch(/newer callqueue.*install that one again/);

  const question = { filter: {}, sort: 'id', limit: 10, at: { page: 1 }, moment } as const;
  for (const work of [() => save(running, [{}]), () => running.readRendered(question), () => running.checkWritable()]) {
    const stopped = await work().catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(StoreUnavailableError);
    expect((stopped as Error).message).toMatch(/another version/);
  }
  expect(await running.lastSequence()).toBe(1);
});
