import { GrowingArray } from './growing-array.ts';

/** Places of a chunk when it is made, and the most that one holds. */
const CHUNK = 512;
const MOST = 1_024;

/** A piece of a list: ids, and of lists that need it a number for each. More places than are in use. */
export interface Chunk {
  ids: Int32Array;
  keys: Float64Array | undefined;
  length: number;
}

/**
 * Ids, with or without a number each, in pieces, so that one that comes or goes moves a few hundred others and not all that
 * follow: in one piece each change moved 30 KB in each of 400 lists. What order they are in is the caller's.
 *
 * A changed call is looked up in each list, and no list is in the caches of the processor then: what a look-up costs is the
 * places in memory that it fetches.
 */
export class Chunks {
  readonly #chunks: Chunk[];
  /** Once more, beside each other, so that among many chunks not all have to be fetched. */
  readonly #lengths: GrowingArray;
  readonly #firstIds: GrowingArray;
  #length: number;

  /** @param keys of the same length. Both are taken over. */
  constructor(ids: Int32Array, keys?: Float64Array) {
    const count = Math.ceil(ids.length / CHUNK);
    this.#length = ids.length;
    this.#chunks = Array.from({ length: count }, (_, index) => {
      const [from, to] = [index * CHUNK, (index + 1) * CHUNK];
      const piece = ids.subarray(from, to);
      return { ids: piece, keys: keys?.subarray(from, to), length: piece.length };
    });
    this.#lengths = new GrowingArray(Int32Array.from(this.#chunks, ({ length }) => length));
    this.#firstIds = new GrowingArray(Int32Array.from(this.#chunks, (chunk) => chunk.ids[0] as number));
  }

  /** Of all ids. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#length * (this.#chunks[0]?.keys === undefined ? 4 : 12) + this.#chunks.length * 300;
  }

  get count(): number {
    return this.#chunks.length;
  }

  chunk(index: number): Chunk {
    return this.#chunks[index] as Chunk;
  }

  /** How many ids stand in the chunks before this one. */
  startOf(index: number): number {
    let start = 0;
    for (let before = 0; before < index; before++) start += this.#lengths.at(before);
    return start;
  }

  /** Where ids ascend: the last chunk that begins at or below this one; the first one if there is none. */
  chunkOfId(id: number): number {
    return this.#chunks.length < 2 ? 0 : Math.max(0, this.#firstIds.lowerBound(id + 1) - 1);
  }

  slice(from: number, to: number): number[] {
    const found: number[] = [];
    let start = 0;
    for (let index = 0; index < this.#chunks.length && start < to; index++) {
      const length = this.#lengths.at(index);
      if (start + length > from) {
        found.push(...this.chunk(index).ids.subarray(Math.max(0, from - start), Math.min(length, to - start)));
      }
      start += length;
    }
    return found;
  }

  /** @param index of a chunk; that of the first one also when there is none */
  insert(index: number, within: number, id: number, key?: number): void {
    if (this.#chunks.length === 0) {
      this.#chunks.push({
        ids: new Int32Array(0),
        keys: key === undefined ? undefined : new Float64Array(0),
        length: 0,
      });
      this.#lengths.insert(0, 0);
      this.#firstIds.insert(0, id);
    }
    const chunk = this.chunk(index);
    const { length } = chunk;
    if (length === chunk.ids.length) grow(chunk);
    chunk.ids.copyWithin(within + 1, within, length);
    chunk.ids[within] = id;
    if (chunk.keys !== undefined) {
      chunk.keys.copyWithin(within + 1, within, length);
      chunk.keys[within] = key as number;
    }
    chunk.length = length + 1;
    this.#lengths.set(index, length + 1);
    if (within === 0) this.#firstIds.set(index, id);
    this.#length += 1;
    if (length + 1 === MOST) this.#split(index);
  }

  remove(index: number, within: number): void {
    const chunk = this.chunk(index);
    const { ids, keys, length } = chunk;
    ids.copyWithin(within, within + 1, length);
    keys?.copyWithin(within, within + 1, length);
    this.#length -= 1;
    if (length > 1) {
      chunk.length = length - 1;
      this.#lengths.set(index, length - 1);
      this.#firstIds.set(index, ids[0] as number);
      return;
    }
    this.#chunks.splice(index, 1);
    this.#lengths.removeAt(index);
    this.#firstIds.removeAt(index);
  }

  #split(index: number): void {
    const { ids, keys } = this.chunk(index);
    const half = MOST >>> 1;
    this.#chunks.splice(
      index,
      1,
      { ids: ids.slice(0, half), keys: keys?.slice(0, half), length: half },
      { ids: ids.slice(half, MOST), keys: keys?.slice(half, MOST), length: MOST - half },
    );
    this.#lengths.set(index, half);
    this.#lengths.insert(index + 1, MOST - half);
    this.#firstIds.insert(index + 1, ids[half] as number);
  }
}

function grow(chunk: Chunk): void {
  const { ids, keys } = chunk;
  const size = Math.min(MOST, ids.length + (ids.length >>> 2) + 16);
  chunk.ids = new Int32Array(size);
  chunk.ids.set(ids);
  if (keys === undefined) return;
  chunk.keys = new Float64Array(size);
  chunk.keys.set(keys);
}
