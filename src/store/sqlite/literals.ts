/**
 * Words as SQL literals, joined by commas. Only for words of the tuples in contract.ts: values of callers are bound.
 * Literals rather than bound values, because a partial index is used only when its condition is seen in the text.
 */
export function literals(words: readonly string[]): string {
  return words.map(literal).join(', ');
}

/**
 * The CHECK of a column that holds one of these words. Written out instead of IN, for which SQLite builds a table in
 * memory each time that a statement runs: nine of those made storing a call 7 us slower, of 92.
 */
export function checkWord(column: string, words: readonly string[]): string {
  return `CHECK (${words.map((word) => `${column} = ${literal(word)}`).join(' OR ')})`;
}

function literal(word: string): string {
  if (!/^[a-z_]+$/.test(word)) throw new TypeError(`not a word of the API: ${JSON.stringify(word)}`);
  return `'${word}'`;
}
