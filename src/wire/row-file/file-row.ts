import type { ParameterMap } from '../parameter.ts';

/** One row of a file, as far as it can be understood without knowing what its members mean. */
export interface FileRow {
  /** Where it begins, from 1. */
  line: number;
  /** As it stands in the file: cells under their columns, or a line of JSON. */
  source: { columns: readonly string[]; cells: readonly string[] } | string;
  /** What the row says; null members may be missing. */
  members: ParameterMap;
  /** Why it cannot be a row at all. */
  mistake?: string;
}

/** No row of ours comes near it; without a bound a forgotten quote would read the whole file into memory. */
export const LONGEST_ROW = 1024 * 1024;
