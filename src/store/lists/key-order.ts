import { GrowingArray } from './growing-array.ts';
import { HIGHEST_ID, type ListOrder, type Moved, UnlistableError } from './list-order.ts';
import type { ListRow } from './list-row.ts';
import type { SortKey } from './sort-key.ts';

/** Taken over by the list that is made of them. */
export interface KeyedIds {
  /** Ascending, and the key of each. */
  ids: Int32Array;
  keys: Float64Array;
  /** The ids in the order of the list. */
  order: Int32Array;
}

/** Ids in any other order: sixteen bytes each, so that the place of a row is found by what it was sorted by before. */
export class KeyOrder implements ListOrder {
  readonly #key: SortKey;
  /** In order of id, with the key of each. */
  readonly #ids: GrowingArray<Int32Array>;
  readonly #keys: GrowingArray<Float64Array>;
  readonly #order: GrowingArray<Int32Array>;

  constructor(key: SortKey, { ids, keys, order }: KeyedIds) {
    this.#key = key;
    this.#ids = new GrowingArray(ids);
    this.#keys = new GrowingArray(keys);
    this.#order = new GrowingArray(order);
  }

  get length(): number {
    return this.#order.length;
  }

  get bytes(): number {
    return this.#ids.bytes + this.#keys.bytes + this.#order.bytes;
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
    const index = this.#ids.lowerBound(id);
    const isIn = index < this.length && this.#ids.at(index) === id;
    if (!isIn) {
      if (id > HIGHEST_ID) throw new UnlistableError(`The id ${id} needs more than four bytes`);
      const to = this.#placeOf(key, id);
      this.#order.insert(to, id);
      this.#ids.insert(index, id);
      this.#keys.insert(index, key);
      return { from: to, to: Number.POSITIVE_INFINITY };
    }
    const from = this.#placeOf(this.#keys.at(index), id);
    if (key === this.#keys.at(index)) return { from, to: from };
    const to = this.#placeOf(key, id);
    // Without the row itself, what lies behind it is one place nearer.
    const target = to > from ? to - 1 : to;
    this.#order.removeAt(from);
    this.#order.insert(target, id);
    this.#keys.set(index, key);
    return { from: Math.min(from, target), to: Math.max(from, target) };
  }

  remove(id: number): Moved | undefined {
    const index = this.#ids.lowerBound(id);
    if (index === this.length || this.#ids.at(index) !== id) return undefined;
    const from = this.#placeOf(this.#keys.at(index), id);
    this.#order.removeAt(from);
    this.#ids.removeAt(index);
    this.#keys.removeAt(index);
    return { from, to: Number.POSITIVE_INFINITY };
  }

  /** The first place whose row does not come before one with this key and id. */
  #placeOf(key: number, id: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#order.at(middle);
      const otherKey = this.#keys.at(this.#ids.lowerBound(other));
      if (otherKey < key || (otherKey === key && other < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
