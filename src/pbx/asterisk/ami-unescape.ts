const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Takes the C escapes away that the server puts into some values: `CallerIDName`, `ConnectedLineName`, the `Value` of VarSet
 * and the values of `ChanVariable`. Not for others: `CallerIDName` of OriginateResponse and `CallerID` of Cdr are written
 * otherwise. The result may hold line breaks and any other control character.
 */
export function unescapeAmi(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\([abfnrtv\\'"?])/g, (_, escaped: string) => LETTERS[escaped] ?? escaped);
}
