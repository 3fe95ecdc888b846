import { expect, test } from 'vitest';
import { type ListPages, PageShelf } from '../../../src/store/lists/page-shelf.ts';

const pageOf = (bytes: number) => ({ length: 100, lastId: 1, json: new Uint8Array(bytes) });
const EVERYTHING = { from: 0, to: Number.POSITIVE_INFINITY };

function shelfWith(pages: number, mostBytes = 100_000) {
  const shelf = new PageShelf(mostBytes);
  const list = { pages: new Map() as ListPages };
  for (let index = 0; index < pages; index++) shelf.put(list, 100, index, pageOf(1_000));
  const changed = () => [0, 1, 2, 3, 4].filter((index) => shelf.isChanged(list, 100, index));
  const ready = () => [0, 1, 2, 3, 4].filter((index) => shelf.get(list, 100, index) !== undefined);
  return { shelf, list, changed, ready };
}

test('a change takes away the pages that it has changed, and only of these it is known that they lay ready', () => {
  const { shelf, list, changed, ready } = shelfWith(4);
  expect([ready(), changed()]).toEqual([[0, 1, 2, 3], []]);
  shelf.drop(list, { from: 150, to: 150 });
  expect([ready(), changed()]).toEqual([[0, 2, 3], [1]]);
  // Nobody has asked for the fifth page yet.
  shelf.drop(list, { from: 200, to: Number.POSITIVE_INFINITY });
  expect([ready(), changed()]).toEqual([[0], [1, 2, 3]]);
  shelf.put(list, 100, 1, pageOf(1_000));
  expect([ready(), changed()]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(shelf.isChanged(list, 50, 2)).toBe(false);
});

test('a page that had to make room for another was not changed', () => {
  const { shelf, list, changed, ready } = shelfWith(4, 3_000);
  expect([ready(), changed()]).toEqual([[2, 3], []]);
  shelf.drop(list, EVERYTHING);
  expect([ready(), changed(), shelf.bytes]).toEqual([[], [2, 3], 0]);
});
