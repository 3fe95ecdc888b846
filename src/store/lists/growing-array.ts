import { lowerBound } from './lower-bound.ts';

/** Whole numbers side by side, without an object for each, that can become more and fewer. */
export class GrowingArray {
  #values: Int32Array;
  #length: number;

  /** @param values taken over */
  constructor(values: Int32Array) {
    this.#values = values;
    this.#length = values.length;
  }

  /** @param index 0 to length - 1 */
  at(index: number): number {
    return this.#values[index] as number;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  insert(index: number, value: number): void {
    if (this.#length === this.#values.length) this.#grow();
    this.#values.copyWithin(index + 1, index, this.#length);
    this.#values[index] = value;
    this.#length += 1;
  }

  removeAt(index: number): void {
    this.#values.copyWithin(index, index + 1, this.#length);
    this.#length -= 1;
  }

  /** In an ascending array: the first index whose value is not below `value`. */
  lowerBound(value: number): number {
    return lowerBound(this.#values, this.#length, value);
  }

  #grow(): void {
    const larger = new Int32Array(Math.ceil(this.#length * 1.125) + 16);
    larger.set(this.#values);
    this.#values = larger;
  }
}
