import { nameWords } from '../../core/search-text.ts';

/** How names are found that hold some words in their order, the last perhaps only begun. */
export interface NameQuery {
  /** Words that a name must have: a tsquery, for the index. Words hold nothing but letters and digits. */
  words: string;
  /** What must then stand in ` ${nameWords(name)}`: the words in their order, from where one begins. */
  text: string;
}

/** @returns undefined when there are no words */
export function nameQuery(search: string): NameQuery | undefined {
  const words = nameWords(search);
  if (words === '') return undefined;
  return {
    words: `${words
      .split(' ')
      .map((word) => `'${word}'`)
      .join(' & ')}:*`,
    text: ` ${words}`,
  };
}
