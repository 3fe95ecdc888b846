import { expect, test } from 'vitest';
import { Turns } from '../../../src/store/postgres/turns.ts';

test('no more are done at the same time than may be, and each is done, whichever of them fail', async () => {
  const turns = new Turns(2);
  const ends: PromiseWithResolvers<number>[] = [];
  const done = Array.from({ length: 7 }, (_, number) =>
    turns
      .take(() => {
        ends[number] = Promise.withResolvers<number>();
        return ends[number].promise;
      })
      .catch(() => -1),
  );
  const begun = () => ends.length;
  for (let ended = 0; ended < 7; ended++) {
    await new Promise(setImmediate);
    expect(begun()).toBe(Math.min(7, ended + 2));
    if (ended % 3 === 1) ends[ended]?.reject(new Error('x'));
    else ends[ended]?.resolve(ended);
  }
  expect(await Promise.all(done)).toEqual([0, -1, 2, 3, -1, 5, 6]);
});
