import { expect, test } from 'vitest';
import { randomOf } from '../../../bench/make-calls.ts';
import { ChunkedIds } from '../../../src/store/lists/chunked-ids.ts';

test('ids that come and go in any order are found as in a plain sorted list', () => {
  const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  for (const count of [0, 1, 511, 512, 513, 3_000]) {
    const plain = Array.from({ length: count }, (_, index) => index * 3 - 50);
    const ids = new ChunkedIds(Int32Array.from(plain));
    // First more come, so that pieces are split, then more go, so that pieces end.
    for (const share of [0.8, 0.1]) {
      for (let step = 0; step < 4_000; step++) {
        const id = below(12_000) - 60;
        const place = plain.findIndex((other) => other >= id);
        const at = place === -1 ? plain.length : place;
        const isIn = plain[at] === id;
        if (random() < share) {
          expect(ids.add(id), `seed ${seed}`).toEqual({ place: at, isNew: !isIn });
          if (!isIn) plain.splice(at, 0, id);
        } else {
          expect(ids.take(id), `seed ${seed}`).toBe(isIn ? at : undefined);
          if (isIn) plain.splice(at, 1);
        }
      }
      expect(ids.length).toBe(plain.length);
      expect(ids.slice(0, plain.length + 10)).toEqual(plain);
      for (let step = 0; step < 200; step++) {
        const from = below(plain.length + 10);
        const to = from + below(300);
        expect(ids.slice(from, to)).toEqual(plain.slice(from, to));
        const id = below(12_000) - 60;
        expect(ids.countBelow(id)).toBe(plain.filter((other) => other < id).length);
      }
    }
  }
});
