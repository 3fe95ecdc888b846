/** In ascending numbers, of which the first `length` are in use: the first place whose number is not below `value`. */
export function lowerBound(numbers: Int32Array | Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
