import { nameWords } from '../../core/search-text.ts';

/** The FTS5 query for names that hold these words in this order, the last perhaps only begun; undefined: no words. */
export function nameQuery(search: string): string | undefined {
  const words = nameWords(search);
  return words === '' ? undefined : `"${words}" *`;
}
