import type { EpochSeconds } from '../../core/clock.ts';
import { IdOrder } from './id-order.ts';
import { IdRange } from './id-range.ts';
import { type KeyedIds, KeyOrder } from './key-order.ts';
import type { ListOrder } from './list-order.ts';
import type { ListQuestion } from './live-list.ts';
import { ReversedOrder } from './reversed-order.ts';
import { sortKeyOf } from './sort-key.ts';

/** The ids of a list as plain data, which can travel between threads. */
export interface ListContent {
  /** The place in the change feed that it shows, and the instant. */
  sequence: number;
  now: EpochSeconds;
  ids: { first: number; length: number } | Int32Array | KeyedIds;
}

export function listOrderOf({ sort }: ListQuestion, { ids }: ListContent): ListOrder {
  if (!(ids instanceof Int32Array) && 'keys' in ids) {
    const key = sortKeyOf(sort);
    if (key === undefined) throw new TypeError(`A list by ${sort} has no keys`);
    return new KeyOrder(key, ids);
  }
  const ascending = ids instanceof Int32Array ? new IdOrder(ids) : new IdRange(ids.first, ids.length);
  return sort === '-id' ? new ReversedOrder(ascending) : ascending;
}
