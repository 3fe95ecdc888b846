/** What is kept in a column, as all databases can say it. */
export type ColumnValue = string | number | null | Uint8Array;

/** A table on its way from one database to another. */
export interface TableContent {
  /** The same word in both. */
  readonly table: string;
  readonly columns: readonly string[];
  /** The columns that no two rows share. */
  readonly key: readonly string[];
  count(): number;
  /** From the beginning, in the order of the key (texts by their bytes), some at a time. */
  rows(): Iterable<readonly (readonly ColumnValue[])[]>;
}

/** What a table holds, in short. */
export interface TableSum {
  rows: number;
  /** SHA-256 of all rows in the order of their key, in hex. */
  sha256: string;
}

/** A table in two databases. Sums are missing where the numbers of rows already differ. */
export interface TableComparison {
  table: string;
  source: Pick<TableSum, 'rows'> & Partial<TableSum>;
  target: Pick<TableSum, 'rows'> & Partial<TableSum>;
}

export function isSame({ source, target }: TableComparison): boolean {
  return source.rows === target.rows && source.sha256 !== undefined && source.sha256 === target.sha256;
}
