import { Chunks } from './chunks.ts';
import { HIGHEST_ID } from './list-order.ts';
import { lowerBound } from './lower-bound.ts';

/** Where an id stands, or would stand. */
interface Spot {
  index: number;
  within: number;
  isThere: boolean;
}

/** Ascending ids, with or without a number for each. */
export class ChunkedIds extends Chunks {
  /** No id is outside of these: most look-ups of lists that hold calls of some days end here. */
  #lowest: number;
  #highest: number;

  /** @param ids ascending; both are taken over */
  constructor(ids: Int32Array, keys?: Float64Array) {
    super(ids, keys);
    this.#lowest = ids[0] ?? HIGHEST_ID;
    this.#highest = ids.at(-1) ?? -HIGHEST_ID;
  }

  /** How many ids are below this one. */
  countBelow(id: number): number {
    return this.#placeOf(this.#find(id));
  }

  /** The number of an id; undefined: it is not there. */
  keyOf(id: number): number | undefined {
    if (this.#isOutside(id)) return undefined;
    const { index, within, isThere } = this.#find(id);
    return isThere ? this.chunk(index).keys?.[within] : undefined;
  }

  /** @returns its place, and whether it is new */
  add(id: number, key?: number): { place: number; isNew: boolean } {
    const spot = this.#find(id);
    const { index, within, isThere } = spot;
    const place = this.#placeOf(spot);
    if (!isThere) this.insert(index, within, id, key);
    else if (key !== undefined) (this.chunk(index).keys as Float64Array)[within] = key;
    this.#lowest = Math.min(this.#lowest, id);
    this.#highest = Math.max(this.#highest, id);
    return { place, isNew: !isThere };
  }

  /** @returns the place where it was; undefined: it was not there */
  take(id: number): number | undefined {
    if (this.#isOutside(id)) return undefined;
    const spot = this.#find(id);
    if (!spot.isThere) return undefined;
    const place = this.#placeOf(spot);
    this.remove(spot.index, spot.within);
    return place;
  }

  #isOutside(id: number): boolean {
    return id < this.#lowest || id > this.#highest;
  }

  #find(id: number): Spot {
    if (this.count === 0) return { index: 0, within: 0, isThere: false };
    const index = this.chunkOfId(id);
    const { ids, length } = this.chunk(index);
    const within = lowerBound(ids, length, id);
    return { index, within, isThere: within < length && ids[within] === id };
  }

  #placeOf({ index, within }: Spot): number {
    return this.startOf(index) + within;
  }
}
