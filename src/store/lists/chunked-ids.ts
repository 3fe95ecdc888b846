/** Ids of a chunk when it is made, and the most that one holds. */
const CHUNK_IDS = 512;
const MOST_IDS = 1_024;

interface Chunk {
  ids: Int32Array;
  length: number;
}

/**
 * Ascending ids in pieces, so that one that comes or goes moves a few hundred others and not all that follow: in one
 * piece each change moved 30 KB in each of 400 lists.
 */
export class ChunkedIds {
  readonly #chunks: Chunk[];
  #length: number;

  /** @param ids ascending; taken over */
  constructor(ids: Int32Array) {
    this.#length = ids.length;
    this.#chunks = Array.from({ length: Math.ceil(ids.length / CHUNK_IDS) }, (_, index) => {
      const piece = ids.subarray(index * CHUNK_IDS, (index + 1) * CHUNK_IDS);
      return { ids: piece, length: piece.length };
    });
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#length * 4 + this.#chunks.length * 200;
  }

  slice(from: number, to: number): number[] {
    const found: number[] = [];
    let start = 0;
    for (const { ids, length } of this.#chunks) {
      if (start >= to) break;
      const end = start + length;
      if (end > from) found.push(...ids.subarray(Math.max(0, from - start), Math.min(length, to - start)));
      start = end;
    }
    return found;
  }

  /** How many ids are below this one. */
  countBelow(id: number): number {
    const index = this.#chunkOf(id);
    const chunk = this.#chunks[index];
    return chunk === undefined ? 0 : this.#startOf(index) + lowerBound(chunk, id);
  }

  /** @returns its place, and whether it is new */
  add(id: number): { place: number; isNew: boolean } {
    const index = this.#chunkOf(id);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push({ ids: Int32Array.of(id), length: 1 });
      this.#length = 1;
      return { place: 0, isNew: true };
    }
    const within = lowerBound(chunk, id);
    const place = this.#startOf(index) + within;
    if (within < chunk.length && chunk.ids[within] === id) return { place, isNew: false };
    insert(chunk, within, id);
    this.#length += 1;
    if (chunk.length === MOST_IDS) this.#split(index);
    return { place, isNew: true };
  }

  /** @returns the place where it was; undefined: it was not there */
  remove(id: number): number | undefined {
    const index = this.#chunkOf(id);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return undefined;
    const within = lowerBound(chunk, id);
    if (within === chunk.length || chunk.ids[within] !== id) return undefined;
    const place = this.#startOf(index) + within;
    chunk.ids.copyWithin(within, within + 1, chunk.length);
    chunk.length -= 1;
    this.#length -= 1;
    if (chunk.length === 0) this.#chunks.splice(index, 1);
    return place;
  }

  /** The last chunk that begins at or below an id; the first one if there is none. */
  #chunkOf(id: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (((this.#chunks[middle] as Chunk).ids[0] as number) <= id) low = middle;
      else high = middle;
    }
    return low;
  }

  #startOf(index: number): number {
    let start = 0;
    for (let before = 0; before < index; before++) start += (this.#chunks[before] as Chunk).length;
    return start;
  }

  #split(index: number): void {
    const { ids, length } = this.#chunks[index] as Chunk;
    const half = length >>> 1;
    this.#chunks.splice(
      index,
      1,
      { ids: ids.slice(0, half), length: half },
      { ids: ids.slice(half, length), length: length - half },
    );
  }
}

function insert(chunk: Chunk, within: number, id: number): void {
  if (chunk.length === chunk.ids.length) {
    const larger = new Int32Array(Math.min(MOST_IDS, chunk.length + (chunk.length >>> 2) + 16));
    larger.set(chunk.ids);
    chunk.ids = larger;
  }
  chunk.ids.copyWithin(within + 1, within, chunk.length);
  chunk.ids[within] = id;
  chunk.length += 1;
}

/** The first place within whose id is not below this one. */
function lowerBound({ ids, length }: Chunk, id: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
