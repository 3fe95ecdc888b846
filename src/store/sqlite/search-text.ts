import { cleanNumber } from '../../core/phone-number.ts';

/** Beginnings are kept, and compared, up to this many characters. */
const LONGEST_BEGINNING = 64;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/** The text as searching compares it: one letter case, one way to write a letter, single blanks. */
export function fold(text: string): string {
  // Upper case first: it makes one of the letters that only look different in lower case (final sigma, dotless i).
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').replace(/\s+/g, ' ').trim();
}

/**
 * What the search index keeps of a name: the folded name from the beginning of each of its words on, so that
 * `ana maria pop` is kept as itself, as `maria pop` and as `pop`, and a search is one range of the index.
 */
export function nameBeginnings(name: string | null): string[] {
  if (name === null) return [];
  const folded = fold(name);
  return [...new Set(Array.from(folded.matchAll(WORD), (word) => shorten(folded.slice(word.index))))];
}

/** The beginning of a name word that a search asks for. */
export function searchedBeginning(search: string): string {
  return shorten(fold(search));
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

function shorten(text: string): string {
  return text.length > LONGEST_BEGINNING ? Array.from(text).slice(0, LONGEST_BEGINNING).join('') : text;
}
