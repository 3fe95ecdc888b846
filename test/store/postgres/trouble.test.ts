import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/core/call-store.ts';
import { StoreUnavailableError, StoreUnusableError } from '../../../src/core/errors.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../../src/store/postgres/open-postgres-store.ts';
import { carryOut, claimOf, contextOf, NOW, save, saveOf } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { makeCall } from '../../support/make-call.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { startPostgresProxy } from '../../support/postgres-proxy.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

const moment = { now: NOW, pbxConnected: false };
const everything = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment } as const;

async function open(url: string, options: Partial<PostgresStoreOptions> = {}): Promise<Store> {
  const store = await openTestStore(url, options);
  onTestFinished(() => store.close());
  return store;
}

async function openBehindProxy() {
  const url = await createCallsDatabase();
  const proxy = await startPostgresProxy(url);
  onTestFinished(() => proxy.stop());
  return { url, proxy, store: await open(proxy.url) };
}

describe('a way to PostgreSQL that is broken', () => {
  test('a commit whose answer is lost is told as such, and its repeat by the same key makes nothing twice', async () => {
    const { proxy, store } = await openBehindProxy();
    let unknown = 0;
    for (let round = 0; round < 50; round += 1) {
      const context = contextOf({ repeat: { tokenId: 1, key: `k${round}`, fingerprint: 'f', keepSeconds: 60 } });
      proxy.dropCommits(1);
      const first = await store.execute(saveOf([{ priority: round }]), context).catch((error: unknown) => error);
      if (first instanceof StoreUnavailableError && first.isOutcomeUnknown) unknown += 1;
      proxy.dropCommits(0);
      const second = await store.execute(saveOf([{ priority: round }]), context);
      expect(second.isReplay).toBe(true);
    }
    expect(proxy.dropped()).toBe(50);
    expect(unknown).toBe(50);
    const { calls } = await store.readCalls(everything);
    expect(calls.map(({ priority }) => priority)).toEqual(Array.from({ length: 50 }, (_, round) => round));
    expect(await store.lastSequence()).toBe(50);
  });

  test('while it is cut everything fails as unavailable, and nothing is stored; after it everything works again', async () => {
    const { proxy, store } = await openBehindProxy();
    await save(store, [{}]);
    proxy.cut();
    for (const work of [
      () => save(store, [{}]),
      () => store.readRendered(everything),
      () => store.checkWritable(),
      () => store.beginImport(),
      () => store.findToken(new Uint8Array(32)),
    ]) {
      await expect(work()).rejects.toThrow(StoreUnavailableError);
    }
    proxy.mend();
    expect((await save(store, [{}]))[0]?.id).toBe(2);
    expect((await store.readRendered(everything)).rowCount).toBe(2);
  });

  test('a question over a connection that was cut while it was idle is asked once more', async () => {
    const { proxy, store } = await openBehindProxy();
    await save(store, [{}]);
    proxy.cut();
    proxy.mend();
    expect((await store.readRendered(everything)).rowCount).toBe(1);
  });

  test('nothing is left of what was asked over it that would keep the process from ending', async () => {
    const proxy = await startPostgresProxy(await createCallsDatabase());
    onTestFinished(() => proxy.stop());
    const database = new Database({ url: proxy.url });
    onTestFinished(() => database.close());
    const session = await database.acquire();
    const timers = () => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
    const before = timers();
    const asked = Array.from({ length: 100 }, (_, at) => session.all('SELECT pg_sleep(60), ?::bigint', [at]));
    expect(timers()).toBeGreaterThan(before + 90);
    proxy.cut();
    const settled = await Promise.allSettled(asked);
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(timers()).toBeLessThan(before + 10);
  });

  test('an import whose connection is cut leaves nothing and holds up nobody', async () => {
    const { url, proxy, store } = await openBehindProxy();
    const other = await open(url);
    const session = await store.beginImport();
    await session.add([makeCall()]);
    proxy.cut();
    await expect(session.add([makeCall()])).rejects.toThrow(StoreUnavailableError);
    await session.rollback();
    expect((await save(other, [{}]))[0]?.id).toBe(1);
  });

  test('listeners hear of changes of others again after their connection was cut', async () => {
    const { url, proxy, store } = await openBehindProxy();
    const other = await open(url);
    let told = 0;
    onTestFinished(
      store.onChange(() => {
        told += 1;
      }),
    );
    await save(other, [{}]);
    await expect.poll(() => told).toBeGreaterThan(0);
    proxy.cut();
    await save(other, [{}]);
    proxy.mend();
    await expect.poll(() => told, { timeout: 5_000 }).toBeGreaterThan(1);
  });
});

describe('a PostgreSQL that holds up', () => {
  test('a save waits for an import no longer than it is told to, and then is refused; claims and answers go on', async () => {
    const url = await createCallsDatabase();
    const [store, other] = [await open(url, { lockWaitMs: 200 }), await open(url)];
    await save(store, [{}]);
    const session = await other.beginImport();
    await session.add([makeCall({ createdAt: NOW, updatedAt: NOW })]);
    const refusal = await save(store, [{}]).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnavailableError);
    expect(refusal).toMatchObject({ isOutcomeUnknown: false, message: expect.stringContaining('Another process') });
    expect(await carryOut(store, claimOf('ana'))).toMatchObject([{ id: 1 }]);
    await carryOut(store, { kind: 'complete', id: 1, agent: 'ana', completion: {} });
    await session.commit();
    expect((await save(store, [{}]))[0]?.id).toBe(3);
    const feed = await store.changes({ since: 0, limit: 9, projectIds: null, filter: {}, moment });
    expect(feed.entries.map(({ sequence, call }) => [sequence, call.id])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 3],
    ]);
  });
});

describe('a PostgreSQL that cannot be trusted', () => {
  test('one that forgets at a power cut is refused, with what to do', async () => {
    const url = await createCallsDatabase();
    const refusal = await openPostgresStore({ url, derivation: plainDerivation }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreUnusableError);
    expect((refusal as Error).message).toMatch(/fsync=off.*CALLQUEUE_UNSAFE_DATABASE=1/);
  });

  test('one that acknowledges before it is durable is warned of', async () => {
    const url = `${await createCallsDatabase()}?synchronous_commit=off`;
    const warnings: unknown[] = [];
    const logger = { info: () => undefined, warn: (facts: object) => warnings.push(facts) };
    await open(url, { logger });
    expect(warnings).toEqual([{ synchronous_commit: 'off' }]);
  });

  test.each([
    ['a database that is not there', '/nowhere', /does not exist.*createdb/],
    ['a port at which nobody listens', ':1', /cannot be reached/],
  ])('%s is told with what to do, without the password', async (_, place, message) => {
    const url = new URL(await createCallsDatabase());
    url.password = 'secret';
    if (place.startsWith('/')) url.pathname = place;
    else url.port = '1';
    const refusal = (await openTestStore(url.href).catch((error: unknown) => error)) as Error;
    expect(refusal.message).toMatch(message);
    expect(refusal.message).not.toContain('secret');
  });
});

describe('a database that is shared', () => {
  test('tables of another program are left alone, and a schema of our own lets both live in it', async () => {
    const url = await createTestDatabase();
    const sql = postgres(url, { max: 1 });
    onTestFinished(() => sql.end());
    await sql.unsafe('CREATE TABLE calls (number text); CREATE SCHEMA callqueue');
    const refusal = (await openTestStore(url).catch((error: unknown) => error)) as Error;
    expect(refusal).toBeInstanceOf(StoreUnusableError);
    expect(refusal.message).toContain('?search_path=callqueue');
    const store = await open(`${url}?search_path=callqueue`);
    expect((await save(store, [{}]))[0]?.id).toBe(1);
    expect(await sql`SELECT count(*)::int AS n FROM calls`).toEqual([{ n: 0 }]);
  });

  test('of several hosts the one that answers is taken', async () => {
    const url = new URL(await createCallsDatabase());
    const store = await open(url.href.replace(url.host, `127.0.0.1:1,${url.host}`));
    expect((await save(store, [{}]))[0]?.id).toBe(1);
  });

  test('of several hosts that all refuse the reason is told at once', async () => {
    const url = new URL(await createCallsDatabase());
    const begun = performance.now();
    const refusal = await openTestStore(url.href.replace(url.host, '127.0.0.1:1,127.0.0.1:2')).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(StoreUnavailableError);
    expect((refusal as Error).message).toMatch(/ECONNREFUSED/);
    // An attempt that nobody answers is given up after 5 s.
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test('a user without rights is told what is missing', async () => {
    const url = new URL(await createTestDatabase());
    const sql = postgres(url.href, { max: 1 });
    onTestFinished(() => sql.end());
    const role = `poor_${url.pathname.slice(1)}`;
    await sql.unsafe(`CREATE ROLE ${role} LOGIN`);
    onTestFinished(async () => {
      await sql.unsafe(`DROP ROLE ${role}`);
    });
    url.username = role;
    const refusal = (await openTestStore(url.href).catch((error: unknown) => error)) as Error;
    expect(refusal).toBeInstanceOf(StoreUnusableError);
    expect(refusal.message).toMatch(/permission denied.*must own its tables/);
  });
});

describe('a PostgreSQL that is killed', () => {
  test('five times under load: what was acknowledged is there, once, and it goes on by itself', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const store = await open(server.url);
    const acknowledged: number[] = [];
    let isOver = false;
    let tried = 0;
    const writer = async () => {
      while (!isOver) {
        const priority = tried++ % 1000;
        const name = `n ${tried}`;
        await save(store, [{ priority, externalId: name }]).then(
          ([saved]) => acknowledged.push(saved?.id as number),
          (error: unknown) => expect(error).toBeInstanceOf(StoreUnavailableError),
        );
        await new Promise(setImmediate);
      }
    };
    const writers = Array.from({ length: 8 }, writer);
    for (let kill = 0; kill < 5; kill += 1) {
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
      await server.kill9();
      await server.restart();
    }
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before);
    isOver = true;
    await Promise.all(writers);
    const stored: number[] = [];
    const names = new Set<string | null>();
    for await (const batch of store.streamCalls({}, moment)) {
      stored.push(...batch.map(({ id }) => id));
      for (const { externalId } of batch) names.add(externalId);
    }
    const there = new Set(stored);
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(names.size).toBe(stored.length);
    expect(await store.lastSequence()).toBe(stored.length);
  }, 120_000);
});
