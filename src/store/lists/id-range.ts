import { type ListOrder, type Moved, UnlistableError } from './list-order.ts';
import type { ListRow } from './list-row.ts';

/** All ids without gaps, as without a filter: nothing but two numbers, however many there are. */
export class IdRange implements ListOrder {
  readonly bytes = 16;
  readonly #first: number;
  #next: number;

  constructor(first: number, length: number) {
    this.#first = first;
    this.#next = first + length;
  }

  get length(): number {
    return this.#next - this.#first;
  }

  slice(from: number, to: number): number[] {
    const end = Math.min(to, this.length);
    return Array.from({ length: Math.max(0, end - from) }, (_, index) => this.#first + from + index);
  }

  countThrough(id: number): number {
    return Math.min(Math.max(0, id + 1 - this.#first), this.length);
  }

  put({ id }: ListRow, matches: boolean): Moved | undefined {
    const place = id - this.#first;
    const isIn = place >= 0 && place < this.length;
    if (isIn && matches) return { from: place, to: place };
    if (!isIn && !matches) return undefined;
    if (isIn || id !== this.#next) throw new UnlistableError('There is a gap between ids now');
    this.#next += 1;
    return { from: place, to: Number.POSITIVE_INFINITY };
  }

  remove(): Moved | undefined {
    throw new UnlistableError('There is a gap between ids now');
  }
}
