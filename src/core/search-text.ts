import { cleanNumber } from './phone-number.ts';

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/**
 * The words of a name, joined by blanks, as they are kept and searched: one letter case, one way to write a letter.
 * All that a database has left to do is to split at blanks, so that what a word is does not depend on its tables or parser.
 */
export function nameWords(name: string): string {
  // Upper case first: it makes one of letters that only look different in lower case (final sigma, dotless i).
  const folded = name.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return (folded.match(WORD) ?? []).join(' ');
}

/** The number backwards: its last digits are then a beginning, which an index can find. */
export function reversed(number: string): string {
  return Array.from(number).reverse().join('');
}

/** The ends of a number that a search may mean; none when it is no number, or only one or two digits. */
export function searchedEnds(search: string): string[] {
  // `00` in front may be digits from the middle of a number as well as the way to write `+`.
  const asEnd = cleanNumber(`+${search}`).slice(1);
  return [...new Set([asEnd, cleanNumber(search)])].filter((end) => /^\+?[0-9]{3,}$/.test(end));
}
