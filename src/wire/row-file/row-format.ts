/** The forms in which rows go into files and come out of them. */
export const ROW_FORMATS = ['csv', 'tsv', 'jsonl'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** What the name of a file says about its form, compression aside; undefined when it says nothing. */
export function formatOfName(fileName: string): RowFormat | undefined {
  const extension = /\.(csv|tsv|tab|jsonl|ndjson)(\.gz)?$/i.exec(fileName)?.[1]?.toLowerCase();
  const aliases: Record<string, RowFormat> = { csv: 'csv', tsv: 'tsv', tab: 'tsv', jsonl: 'jsonl', ndjson: 'jsonl' };
  return extension === undefined ? undefined : aliases[extension];
}
