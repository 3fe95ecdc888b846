import { ChunkedIds } from './chunked-ids.ts';
import { HIGHEST_ID, type ListOrder, type Moved, UnlistableError } from './list-order.ts';
import type { ListRow } from './list-row.ts';

/** Ids in their own order: four bytes each. */
export class IdOrder implements ListOrder {
  readonly #ids: ChunkedIds;

  /** @param ids ascending; taken over */
  constructor(ids: Int32Array) {
    this.#ids = new ChunkedIds(ids);
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
    return this.#ids.countBelow(id + 1);
  }

  put({ id }: ListRow, matches: boolean): Moved | undefined {
    if (!matches) return this.remove(id);
    if (id > HIGHEST_ID) throw new UnlistableError(`The id ${id} needs more than four bytes`);
    const { place, isNew } = this.#ids.add(id);
    return { from: place, to: isNew ? Number.POSITIVE_INFINITY : place };
  }

  remove(id: number): Moved | undefined {
    const place = this.#ids.take(id);
    return place === undefined ? undefined : { from: place, to: Number.POSITIVE_INFINITY };
  }
}
