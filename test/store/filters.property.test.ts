import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKENDS } from './backends.ts';
import { CALLS, randomCalls, randomQuery } from './random-calls.ts';
import { referenceAnswer } from './reference-filter.ts';

/**
 * Random combinations of filters, sorts, pages and cursors, answered by the store and by plain JavaScript. The
 * store holds 3,000 calls, so that all its ways to a page are taken.
 * CALLQUEUE_TEST_SEED repeats a run.
 */
const RUNS = { SQLite: 2_000, PostgreSQL: 700 };

test.for(BACKENDS.filter(({ isChosen }) => isChosen))(
  '$name: hundreds of random filters, sorts, pages and cursors answer what plain JavaScript answers',
  { timeout: 120_000 },
  async (backend) => {
    const runs = RUNS[backend.name];
    const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`seed ${seed}`);
    const store = await backend.prepare()('calls');
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
      { numRuns: runs, seed },
    );
    await store.close();
    // Were nearly all answers empty, equal answers would mean little.
    expect(matched).toBeGreaterThan(runs / 3);
  },
);
