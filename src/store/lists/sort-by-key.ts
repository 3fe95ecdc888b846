import type { KeyedIds } from './key-order.ts';
import { lowerBound } from './lower-bound.ts';

/** Ids that are dealt with before others may have their turn: some milliseconds. */
const BATCH = 20_000;

/**
 * Puts the ids of a list in its order. Gives way (`yield`) every few milliseconds, and after each sort: one of a million
 * numbers takes 80 ms.
 * @param ids in any order, with the key of each; taken over
 */
export function* sortByKey(ids: Int32Array, keys: Float64Array): Generator<undefined, KeyedIds> {
  const { length } = ids;
  const ascending = isAscending(ids) ? { ids, keys } : yield* sortById(ids, keys);
  yield;
  const orderKeys = keys.slice().sort();
  yield;
  const order = new Int32Array(length);
  /** Where a key begins: how many ids with it have been placed. */
  const placed = new Int32Array(length);
  for (let index = 0; index < length; index++) {
    const begin = lowerBound(orderKeys, length, ascending.keys[index] as number);
    order[begin + (placed[begin] as number)] = ascending.ids[index] as number;
    placed[begin] = (placed[begin] as number) + 1;
    if (index % BATCH === BATCH - 1) yield;
  }
  return { ...ascending, order, orderKeys };
}

function* sortById(ids: Int32Array, keys: Float64Array): Generator<undefined, Pick<KeyedIds, 'ids' | 'keys'>> {
  const sorted = { ids: ids.slice().sort(), keys: new Float64Array(ids.length) };
  for (let index = 0; index < ids.length; index++) {
    sorted.keys[lowerBound(sorted.ids, ids.length, ids[index] as number)] = keys[index] as number;
    if (index % BATCH === BATCH - 1) yield;
  }
  return sorted;
}

function isAscending(ids: Int32Array): boolean {
  for (let index = 1; index < ids.length; index++)
    if ((ids[index - 1] as number) > (ids[index] as number)) return false;
  return true;
}
