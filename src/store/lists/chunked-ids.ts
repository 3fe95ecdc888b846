import { Chunks } from './chunks.ts';
import { lowerBound } from './lower-bound.ts';

/** Where an id stands, or would stand. */
interface Spot {
  index: number;
  within: number;
  isThere: boolean;
}

/** Ascending ids, with or without a number for each. */
export class ChunkedIds {
  readonly #chunks: Chunks;

  /** @param ids ascending; both are taken over */
  constructor(ids: Int32Array, keys?: Float64Array) {
    this.#chunks = new Chunks(ids, keys);
  }

  get length(): number {
    return this.#chunks.length;
  }

  get bytes(): number {
    return this.#chunks.bytes;
  }

  slice(from: number, to: number): number[] {
    return this.#chunks.slice(from, to);
  }

  /** How many ids are below this one. */
  countBelow(id: number): number {
    return this.#placeOf(this.#find(id));
  }

  /** The number of an id; undefined: it is not there. */
  keyOf(id: number): number | undefined {
    const { index, within, isThere } = this.#find(id);
    return isThere ? this.#chunks.chunk(index).keys?.[within] : undefined;
  }

  /** @returns its place, and whether it is new */
  add(id: number, key?: number): { place: number; isNew: boolean } {
    const spot = this.#find(id);
    const { index, within, isThere } = spot;
    const place = this.#placeOf(spot);
    if (!isThere) this.#chunks.insert(index, within, id, key);
    else if (key !== undefined) (this.#chunks.chunk(index).keys as Float64Array)[within] = key;
    return { place, isNew: !isThere };
  }

  /** @returns the place where it was; undefined: it was not there */
  remove(id: number): number | undefined {
    const spot = this.#find(id);
    if (!spot.isThere) return undefined;
    const place = this.#placeOf(spot);
    this.#chunks.remove(spot.index, spot.within);
    return place;
  }

  #find(id: number): Spot {
    const chunks = this.#chunks;
    if (chunks.count === 0) return { index: 0, within: 0, isThere: false };
    const index = chunks.chunkOfId(id);
    const { ids } = chunks.chunk(index);
    const length = chunks.lengthOf(index);
    const within = lowerBound(ids, length, id);
    return { index, within, isThere: within < length && ids[within] === id };
  }

  #placeOf({ index, within }: Spot): number {
    return this.#chunks.startOf(index) + within;
  }
}
