import { ChunkedIds } from './chunked-ids.ts';
import { type Chunk, Chunks } from './chunks.ts';
import { HIGHEST_ID, type ListOrder, type Moved, UnlistableError } from './list-order.ts';
import type { ListRow } from './list-row.ts';
import { lowerBound } from './lower-bound.ts';
import type { SortKey } from './sort-key.ts';

/** Taken over by the list that is made of them. */
export interface KeyedIds {
  /** Ascending, and the key of each. */
  ids: Int32Array;
  keys: Float64Array;
  /** The same in the order of the list: by key, and by id where keys are equal. */
  order: Int32Array;
  orderKeys: Float64Array;
}

/**
 * Ids in any other order: 24 bytes each. What a row was sorted by before stands beside its id, as nobody tells it any more
 * when the row has changed.
 */
export class KeyOrder implements ListOrder {
  readonly #key: SortKey;
  readonly #keys: ChunkedIds;
  readonly #order: Chunks;

  constructor(key: SortKey, { ids, keys, order, orderKeys }: KeyedIds) {
    this.#key = key;
    this.#keys = new ChunkedIds(ids, keys);
    this.#order = new Chunks(order, orderKeys);
  }

  get length(): number {
    return this.#order.length;
  }

  get bytes(): number {
    return this.#keys.bytes + this.#order.bytes;
  }

  slice(from: number, to: number): number[] {
    return this.#order.slice(from, to);
  }

  countThrough(): number {
    throw new TypeError('Only lists in order of id are read from an id on');
  }

  put(row: ListRow, matches: boolean): Moved | undefined {
    if (!matches) return this.remove(row.id);
    const { id } = row;
    const key = this.#key.of(row);
    const before = this.#keys.keyOf(id);
    if (before === undefined) {
      if (id > HIGHEST_ID) throw new UnlistableError(`The id ${id} needs more than four bytes`);
      this.#keys.add(id, key);
      return { from: this.#insert(key, id), to: Number.POSITIVE_INFINITY };
    }
    if (before === key) {
      const { place } = this.#find(key, id);
      return { from: place, to: place };
    }
    this.#keys.add(id, key);
    const from = this.#remove(before, id);
    const to = this.#insert(key, id);
    return { from: Math.min(from, to), to: Math.max(from, to) };
  }

  remove(id: number): Moved | undefined {
    const key = this.#keys.keyOf(id);
    if (key === undefined) return undefined;
    this.#keys.take(id);
    return { from: this.#remove(key, id), to: Number.POSITIVE_INFINITY };
  }

  /** @returns its place */
  #insert(key: number, id: number): number {
    const { index, within, place } = this.#find(key, id);
    this.#order.insert(index, within, id, key);
    return place;
  }

  /** @returns the place where it was */
  #remove(key: number, id: number): number {
    const { index, within, place } = this.#find(key, id);
    this.#order.remove(index, within);
    return place;
  }

  /** Where a row with this key and id stands, or would stand. */
  #find(key: number, id: number): { index: number; within: number; place: number } {
    const order = this.#order;
    if (order.count === 0) return { index: 0, within: 0, place: 0 };
    const index = this.#chunkOf(key, id);
    const { ids, keys, length } = order.chunk(index) as Chunk & { keys: Float64Array };
    let within = lowerBound(keys, length, key);
    // Of those with the same key, ids ascend. Keys are whole numbers.
    let high = lowerBound(keys, length, key + 1);
    while (within < high) {
      const middle = (within + high) >>> 1;
      if ((ids[middle] as number) < id) within = middle + 1;
      else high = middle;
    }
    return { index, within, place: order.startOf(index) + within };
  }

  /** The last chunk that does not begin behind them; the first one if there is none. */
  #chunkOf(key: number, id: number): number {
    let low = 0;
    let high = this.#order.count;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const { ids, keys } = this.#order.chunk(middle);
      const firstKey = keys?.[0] as number;
      if (firstKey < key || (firstKey === key && (ids[0] as number) <= id)) low = middle;
      else high = middle;
    }
    return low;
  }
}
