type Numbers = Int32Array | Float64Array;

/** Numbers side by side, without an object for each, that can become more and fewer. */
export class GrowingArray<T extends Numbers> {
  #values: T;
  #length: number;

  /** @param values taken over */
  constructor(values: T) {
    this.#values = values;
    this.#length = values.length;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  /** @param index 0 to length - 1 */
  at(index: number): number {
    return this.#values[index] as number;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  slice(from: number, to: number): number[] {
    return Array.from(this.#values.subarray(from, Math.min(to, this.#length)));
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
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const size = Math.ceil(this.#length * 1.125) + 16;
    const larger = this.#values instanceof Int32Array ? new Int32Array(size) : new Float64Array(size);
    larger.set(this.#values);
    this.#values = larger as T;
  }
}
