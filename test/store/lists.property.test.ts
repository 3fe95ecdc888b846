import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
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
import { tempFolder } from '../support/temp-folder.ts';
import { NOW, randomCalls, randomFilter, SORTS } from './random-calls.ts';

/**
 * A store that keeps lists, and one on the same file that does not, under random commands of both, imports, removals and
 * a clock that goes forth and back: after each step some of the same questions, asked again and again, are answered
 * alike, byte by byte. CALLQUEUE_TEST_SEED repeats a run.
 */
const STEPS = 600;
const FILTERS = 60;
const ASKED_EACH_STEP = 8;
/** More than are found within a question, so that the reading thread finds lists too. */
const CALLS = 3_000;

type Random = ReturnType<typeof randomOf>;

async function open(path: string, options: Partial<SqliteStoreOptions>): Promise<Store> {
  const store = await openSqliteStore({ path, derivation: plainDerivation, ...options });
  onTestFinished(() => store.close());
  return store;
}

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

async function compare(options: Pick<SqliteStoreOptions, 'lists' | 'spawnWriter'>, seed: number): Promise<number> {
  const random = randomOf(seed);
  const { below, pick } = dice(random);
  const path = join(tempFolder(), 'calls.db');
  let checks = 0;
  const kept = await open(path, {
    ...options,
    lists: {
      ...options.lists,
      everyMs: 0,
      onChecked(isEqual) {
        checks += 1;
        expect(isEqual, `seed ${seed}`).toBe(true);
      },
    },
  });
  const plain = await open(path, { readLists: false });
  const session = await plain.beginImport();
  await session.add(randomCalls(CALLS, seed));
  await session.commit();
  const asked = questions(random, seed);

  let now = NOW;
  for (let step = 0; step < STEPS; step++) {
    const writer = pick(kept, plain);
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
    for (let count = 0; count < ASKED_EACH_STEP; count++) {
      const query: CallQuery = { ...pick(...asked), moment };
      const where = `seed ${seed}, step ${step}: ${JSON.stringify(query)}`;
      const [answer, expected] = [await kept.readRendered(query), await plain.readRendered(query)];
      expect({ ...answer, json: text(answer.json) }, where).toEqual({ ...expected, json: text(expected.json) });
      if (count === 0) expect(await kept.readCalls(query), where).toEqual(await plain.readCalls(query));
    }
  }
  return checks;
}

const text = (json: Uint8Array) => Buffer.from(json).toString();

const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

test('lists answer what plain SQL answers, whoever changes calls, and however the clock moves', async () => {
  expect(await compare({}, seed)).toBeGreaterThan(STEPS / 2);
}, 120_000);

test('the same with long lists found by the reading thread', async () => {
  expect(await compare({ spawnWriter: spawnPlainWriter }, seed + 1)).toBeGreaterThan(10);
}, 120_000);

test('the same when there is hardly room for lists and pages', async () => {
  const bounds = { lists: 8, idBytes: 40_000, pageBytes: 100_000 };
  expect(await compare({ lists: { bounds } }, seed + 2)).toBeGreaterThan(10);
}, 120_000);
