import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { plainDerivation } from '../support/derivation.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { CALLS, randomCalls, randomQuery } from './random-calls.ts';
import { referenceAnswer } from './reference-filter.ts';

/**
 * Random combinations of filters, sorts, pages and cursors, answered by the store and by plain JavaScript. The
 * store holds 3,000 calls, so that all its ways to a page are taken.
 * CALLQUEUE_TEST_SEED repeats a run.
 */
const RUNS = 2_000;

test(`${RUNS} random filters, sorts, pages and cursors answer what plain JavaScript answers`, async () => {
  const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  const store = await openSqliteStore({ path: join(tempFolder(), 'calls.db'), derivation: plainDerivation });
  const calls = randomCalls(CALLS, seed);
  const session = await store.beginImport();
  await session.add(calls);
  await session.commit();

  let matched = 0;
  await fc.assert(
    fc.asyncProperty(randomQuery, async (question) => {
      const expected = referenceAnswer(calls, question);
      const page = await store.readRendered(question);
      const rendered = JSON.parse(`[${Buffer.from(page.json)}]`) as { id: number }[];
      expect({ rowCount: page.rowCount, ids: rendered.map(({ id }) => id) }).toEqual(expected);
      expect({ length: page.length, lastId: page.lastId }).toEqual({
        length: expected.ids.length,
        lastId: expected.ids.at(-1) ?? null,
      });
      const { rowCount, calls: read } = await store.readCalls(question);
      expect({ rowCount, ids: read.map(({ id }) => id) }).toEqual(expected);
      if (expected.ids.length > 0) matched++;
    }),
    { numRuns: RUNS, seed },
  );
  await store.close();
  // Were nearly all answers empty, equal answers would mean little.
  expect(matched).toBeGreaterThan(RUNS / 3);
}, 120_000);
