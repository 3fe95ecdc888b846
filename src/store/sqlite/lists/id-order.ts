import { GrowingArray } from './growing-array.ts';
import { HIGHEST_ID, type ListOrder, type Moved, UnlistableError } from './list-order.ts';
import type { ListRow } from './list-row.ts';

/** Ids in their own order: four bytes each. */
export class IdOrder implements ListOrder {
  readonly #ids: GrowingArray<Int32Array>;

  /** @param ids ascending; taken over */
  constructor(ids: Int32Array) {
    this.#ids = new GrowingArray(ids);
  }

  get length(): number {
    return this.#ids.length;
  }

  get bytes(): number {
    return this.#ids.bytes;
  }

  slice(from: number, to: number): number[] {
    return this.#ids.slice(from, to);
  }

  countThrough(id: number): number {
    return this.#ids.lowerBound(id + 1);
  }

  put({ id }: ListRow, matches: boolean): Moved | undefined {
    if (!matches) return this.remove(id);
    const place = this.#ids.lowerBound(id);
    if (place < this.length && this.#ids.at(place) === id) return { from: place, to: place };
    if (id > HIGHEST_ID) throw new UnlistableError(`The id ${id} needs more than four bytes`);
    this.#ids.insert(place, id);
    return { from: place, to: Number.POSITIVE_INFINITY };
  }

  remove(id: number): Moved | undefined {
    const place = this.#ids.lowerBound(id);
    if (place === this.length || this.#ids.at(place) !== id) return undefined;
    this.#ids.removeAt(place);
    return { from: place, to: Number.POSITIVE_INFINITY };
  }
}
