import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import type { Command } from '../../src/core/call-command.ts';
import type { CallQuery } from '../../src/core/call-filter.ts';
import type { CallContent } from '../../src/core/call-life.ts';
import type { Store } from '../../src/core/call-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/open-sqlite-store.ts';
import { contextOf, saveOf } from '../support/commands.ts';
import { plainDerivation } from '../support/derivation.ts';
import { makeCall } from '../support/make-call.ts';
import { spawnPlainWriter } from '../support/plain-writer.ts';
import { createCallsDatabase, openTestStore } from '../support/postgres-store.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { POSTGRES, SQLITE } from './backends.ts';
import { NOW, randomCalls, randomFilter, SORTS } from './random-calls.ts';

/**
 * Stores that keep lists, and one on the same database that does not, under random commands of all, imports, removals and
 * a clock that goes forth and back: after each step some of the same questions, asked again and again, are answered
 * alike, byte by byte. CALLQUEUE_TEST_SEED repeats a run.
 */
const FILTERS = 60;
const ASKED_EACH_STEP = 8;
/** More than are found within a question, so that the reading thread of SQLite finds lists too. */
const CALLS = 3_000;

type ListOptions = Pick<SqliteStoreOptions, 'readLists' | 'lists'>;

interface Setup {
  /** Opens the database of this test once more. */
  open(options: ListOptions): Promise<Store>;
  /** How many keep lists. */
  instances: number;
  steps: number;
  seed: number;
  bounds?: NonNullable<SqliteStoreOptions['lists']>['bounds'];
}

type Random = ReturnType<typeof randomOf>;

function dice(random: Random) {
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, pick: <T>(...list: readonly T[]): T => list[below(list.length)] as T };
}

function randomCommand(random: Random, now: number): Command {
  const { below, pick } = dice(random);
  const id = () => 1 + below(CALLS + 200);
  const ids = () => Array.from({ length: 1 + below(pick(3, 3, 3, 40)) }, id);
  const agent = pick('a', 'b');
  const content = (): Partial<CallContent> => ({
    callerId: pick('+441632960001', '+12025550101'),
    callerIdName: pick(null, 'Ana Pop', 'Ștefan Æon'),
    campaignName: pick(null, 'a', 'B'),
    priority: below(5) - 2,
    schedule: pick(null, now - 5, now + below(10)),
    attendType: pick('attended', 'unattended'),
    ...pick<object>({}, { type: 'queue', destination: 'a' }, { outboundType: 'auto', type: 'user', destination: 'b' }),
  });
  return pick<() => Command>(
    () => saveOf(Array.from({ length: 1 + below(4) }, content), { projectId: 1 + below(3) }),
    () => ({ kind: 'update', edits: ids().map((one) => ({ id: one, content: content() })) }),
    () => ({ kind: 'update', edits: [{ id: id(), content: { schedule: now + below(6) } }] }),
    () => ({ kind: 'cancel', rows: { ids: ids() }, code: 'a' }),
    () => ({ kind: 'delete', rows: { ids: ids() }, code: 'b' }),
    () => ({ kind: 'claim', agent, leaseSeconds: 3, choose: { filter: {} } }),
    () => ({ kind: 'claim', agent, leaseSeconds: 30, choose: { id: id() } }),
    () => ({ kind: 'release', id: id(), agent, force: true }),
    () => ({ kind: 'complete', id: id(), agent, completion: { result: 'busy', retryAt: now + below(8) } }),
    () => ({ kind: 'note', id: id(), text: 'x' }),
  )();
}

/** Filters asked again and again; some are of the kind that moves with the clock. */
function questions(random: Random, seed: number): Omit<CallQuery, 'moment'>[] {
  const { below, pick } = dice(random);
  const filters = [
    {},
    { due: true },
    { due: false },
    { waitingFor: ['schedule', 'retry_delay'] as const },
    { waitingFor: ['agent', 'pbx_offline'] as const },
    { statuses: ['pending'] as const },
    ...fc.sample(randomFilter, { numRuns: FILTERS, seed }),
  ];
  return filters.flatMap((filter) => {
    const sort = pick('id', 'id', '-id', ...SORTS);
    const limit = pick(5, 20, 100);
    const pages = Array.from({ length: 3 }, () => ({ filter, sort, limit, at: { page: 1 + below(pick(3, 30)) } }));
    return [...pages, { filter, sort: 'id' as const, limit, at: { afterId: pick(0, below(CALLS)) } }];
  });
}

/** @returns how many answers of lists were held against the database by the stores themselves */
async function compare({ open, instances, steps, seed, bounds }: Setup): Promise<number> {
  const random = randomOf(seed);
  const { below, pick } = dice(random);
  let checks = 0;
  const onChecked = (isEqual: boolean) => {
    checks += 1;
    expect(isEqual, `seed ${seed}`).toBe(true);
  };
  const plain = await open({ readLists: false });
  const kept: Store[] = [];
  for (let number = 0; number < instances; number++)
    kept.push(await open({ lists: { bounds, everyMs: 0, onChecked } }));
  const session = await plain.beginImport();
  await session.add(randomCalls(CALLS, seed));
  await session.commit();
  const asked = questions(random, seed);

  let now = NOW;
  for (let step = 0; step < steps; step++) {
    const writer = pick(plain, ...kept);
    const turn = below(100);
    if (turn < 60) await writer.execute(randomCommand(random, now), contextOf({ now }));
    else if (turn < 75) now += below(4);
    else if (turn < 80) now -= below(30);
    else if (turn < 83) await writer.tidy({ repeatsBefore: now, closedCallsBefore: now - 15 + below(5) });
    else if (turn < 85) {
      const more = await writer.beginImport();
      await more.add(Array.from({ length: pick(1, 50) }, () => makeCall({ createdAt: now, projectId: 2 })));
      await more.commit();
    }
    const moment = { now, pbxConnected: random() < 0.2 };
    const queries = Array.from({ length: ASKED_EACH_STEP }, (): CallQuery => ({ ...pick(...asked), moment }));
    // All at once, so that questions share a look at the database where they can.
    const answers = kept.map(async (store) => Promise.all(queries.map((query) => store.readRendered(query))));
    const asCalls = kept.map(async (store) => store.readCalls(queries[0] as CallQuery));
    for (const [place, query] of queries.entries()) {
      const where = `seed ${seed}, step ${step}: ${JSON.stringify(query)}`;
      const expected = await plain.readRendered(query);
      for (const of of answers) {
        const answer = (await of)[place];
        expect({ ...answer, json: text(answer?.json) }, where).toEqual({ ...expected, json: text(expected.json) });
      }
      if (place > 0) continue;
      const expectedCalls = await plain.readCalls(query);
      for (const of of asCalls) expect(await of, where).toEqual(expectedCalls);
    }
  }
  return checks;
}

const text = (json: Uint8Array | undefined) => Buffer.from(json ?? []).toString();

const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const NARROW = { lists: 8, idBytes: 40_000, pageBytes: 100_000 };

describe.skipIf(!SQLITE.isChosen)('SQLite', () => {
  const prepare = (options: Partial<SqliteStoreOptions> = {}) => {
    const path = join(tempFolder(), 'calls.db');
    const open = async (own: ListOptions) => {
      // Whoever answers by SQL alone has no other thread for it.
      const threads = own.readLists === false ? {} : options;
      const store = await openSqliteStore({ path, derivation: plainDerivation, ...threads, ...own });
      onTestFinished(() => store.close());
      return store;
    };
    return { open, instances: 1, steps: 600 };
  };

  test('lists answer what plain SQL answers, whoever changes calls, and however the clock moves', async () => {
    expect(await compare({ ...prepare(), seed })).toBeGreaterThan(300);
  }, 120_000);

  test('the same with long lists found by the reading thread', async () => {
    expect(await compare({ ...prepare({ spawnWriter: spawnPlainWriter }), seed: seed + 1 })).toBeGreaterThan(10);
  }, 120_000);

  test('the same when there is hardly room for lists and pages', async () => {
    expect(await compare({ ...prepare(), seed: seed + 2, bounds: NARROW })).toBeGreaterThan(10);
  }, 120_000);
});

describe.skipIf(!POSTGRES.isChosen)('PostgreSQL', () => {
  const prepare = async () => {
    const url = await createCallsDatabase();
    const open = async (own: ListOptions) => {
      const store = await openTestStore(url, own);
      onTestFinished(() => store.close());
      return store;
    };
    return { open, instances: 2, steps: 200 };
  };

  test('lists of two instances answer what plain SQL answers, whoever changes calls, and however the clock moves', async () => {
    expect(await compare({ ...(await prepare()), seed })).toBeGreaterThan(100);
  }, 120_000);

  test('the same when there is hardly room for lists and pages', async () => {
    expect(await compare({ ...(await prepare()), seed: seed + 2, bounds: NARROW })).toBeGreaterThan(10);
  }, 120_000);
});
