/**
 * Words as SQL literals, joined by commas. Only for words of the tuples in contract.ts: values of callers are bound.
 * Literals rather than bound values, because a partial index is used only when its condition is seen in the text.
 */
export function literals(words: readonly string[]): string {
  return words.map(literal).join(', ');
}

/** The CHECK of a column that holds one of these words. */
export function checkWord(column: string, words: readonly string[]): string {
  return `CHECK (${column} IN (${literals(words)}))`;
}

function literal(word: string): string {
  if (!/^[a-z_]+$/.test(word)) throw new TypeError(`not a word of the API: ${JSON.stringify(word)}`);
  return `'${word}'`;
}
