import type { ListOrder, Moved } from './list-order.ts';
import type { ListRow } from './list-row.ts';

/** The same ids, the last one first. */
export class ReversedOrder implements ListOrder {
  readonly #inner: ListOrder;

  constructor(inner: ListOrder) {
    this.#inner = inner;
  }

  get length(): number {
    return this.#inner.length;
  }

  get bytes(): number {
    return this.#inner.bytes;
  }

  slice(from: number, to: number): number[] {
    return this.#inner.slice(Math.max(0, this.length - to), Math.max(0, this.length - from)).reverse();
  }

  countThrough(): number {
    throw new TypeError('Only lists in order of id are read from an id on');
  }

  put(row: ListRow, matches: boolean): Moved | undefined {
    return this.#reversed(this.#inner.put(row, matches));
  }

  remove(id: number): Moved | undefined {
    return this.#reversed(this.#inner.remove(id));
  }

  /** What has come or gone moves all that stands before it there, which is behind it here. */
  #reversed(moved: Moved | undefined): Moved | undefined {
    if (moved === undefined) return undefined;
    const last = this.length - 1;
    return moved.to === Number.POSITIVE_INFINITY
      ? { from: Math.max(0, last - moved.from), to: moved.to }
      : { from: last - moved.to, to: last - moved.from };
  }
}
