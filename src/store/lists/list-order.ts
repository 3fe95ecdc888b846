import type { ListRow } from './list-row.ts';

/** Places of a list, from 0, whose rows are others than before, or look otherwise. */
export interface Moved {
  from: number;
  /** Included; infinity when the list has become longer or shorter. */
  to: number;
}

/** The ids of a list in its order. */
export interface ListOrder {
  readonly length: number;
  readonly bytes: number;
  slice(from: number, to: number): number[];
  /** How many ids of the list are at or below this one. Only of lists in order of id. */
  countThrough(id: number): number;
  /** Brings in what a row has become. @returns undefined when the list has nothing to do with it */
  put(row: ListRow, matches: boolean): Moved | undefined;
  /** A call that is gone for ever. */
  remove(id: number): Moved | undefined;
}

/** What a list cannot hold; it is then thrown away, and SQL answers. */
export class UnlistableError extends Error {
  override name = 'UnlistableError';
}

export const HIGHEST_ID = 2 ** 31 - 1;
