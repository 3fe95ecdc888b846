import { expect, test } from 'vitest';
import { randomOf } from '../../../bench/make-calls.ts';
import type { KeyedIds } from '../../../src/store/lists/key-order.ts';
import { KeyOrder } from '../../../src/store/lists/key-order.ts';
import type { ListRow } from '../../../src/store/lists/list-row.ts';
import { sortByKey } from '../../../src/store/lists/sort-by-key.ts';

const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomOf(seed);
const below = (limit: number) => Math.floor(random() * limit);
const KEY = { of: ({ priority }: ListRow) => priority, sql: 'priority' };
const rowOf = (id: number, priority: number) => ({ id, priority }) as ListRow;

interface Plain {
  id: number;
  key: number;
}

const byKey = (a: Plain, b: Plain) => a.key - b.key || a.id - b.id;

function sorted(rows: readonly Plain[]): KeyedIds {
  const steps = sortByKey(
    Int32Array.from(rows, ({ id }) => id),
    Float64Array.from(rows, ({ key }) => key),
  );
  while (true) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

test.each([0, 1, 511, 512, 513, 3_000])('%i ids are sorted by their keys, and by id where those are equal', (count) => {
  for (const keys of [1, 7, 2 ** 52]) {
    const rows = Array.from({ length: count }, (_, index) => ({ id: index * 3 - 50, key: below(keys) - 3 }));
    const expected = rows.toSorted(byKey);
    for (const given of [rows, rows.toSorted(() => random() - 0.5)]) {
      expect(sorted(given), `seed ${seed}`).toEqual({
        ids: Int32Array.from(rows, ({ id }) => id),
        keys: Float64Array.from(rows, ({ key }) => key),
        order: Int32Array.from(expected, ({ id }) => id),
        orderKeys: Float64Array.from(expected, ({ key }) => key),
      });
    }
  }
});

// With few keys those of one lie in several pieces.
test.each([1, 5, 1_000])('rows that come, go and get another of %i keys stand as in a plain sorted list', (keys) => {
  let plain = Array.from({ length: 1_500 }, (_, index) => ({ id: index * 2, key: below(keys) })).sort(byKey);
  const order = new KeyOrder(KEY, sorted(plain));
  for (const share of [0.85, 0.15]) {
    for (let step = 0; step < 4_000; step++) {
      const row = { id: below(6_000), key: below(keys) };
      const before = plain.findIndex(({ id }) => id === row.id);
      const others = plain.filter(({ id }) => id !== row.id);
      const matches = random() < share;
      const moved = order.put(rowOf(row.id, row.key), matches);
      plain = matches ? [...others, row].sort(byKey) : others;
      const after = plain.indexOf(row);
      const places = [before, after].filter((place) => place !== -1);
      const isSameLength = before !== -1 && after !== -1;
      const expected =
        places.length === 0
          ? undefined
          : { from: Math.min(...places), to: isSameLength ? Math.max(...places) : Number.POSITIVE_INFINITY };
      expect(moved, `seed ${seed}, step ${step}`).toEqual(expected);
    }
    expect(order.length).toBe(plain.length);
    expect(order.slice(0, plain.length + 10), `seed ${seed}`).toEqual(plain.map(({ id }) => id));
    const from = below(plain.length);
    expect(order.slice(from, from + 700)).toEqual(plain.slice(from, from + 700).map(({ id }) => id));
  }
  for (const { id } of plain) expect(order.remove(id)).toBeDefined();
  expect(order.length).toBe(0);
  expect(order.put(rowOf(7, 7), true)).toEqual({ from: 0, to: Number.POSITIVE_INFINITY });
  expect(order.slice(0, 10)).toEqual([7]);
});
