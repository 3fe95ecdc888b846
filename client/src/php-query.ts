import { phpNumber } from './php-number.ts';
import { urlEncode } from './url-encode.ts';

/** A JSON number exactly as it was written; what it is worth is decided by whoever reads it. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What PHP could hold after reading a request. A `number` or `bigint` stands for the JSON number it is sent as. Inside
 * texts, U+DC00+NN stands for a byte 0xNN that was not part of valid UTF-8.
 */
export type PhpValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | NumberText
  | readonly PhpValue[]
  | ReadonlyMap<string, PhpValue>
  | { readonly [name: string]: PhpValue };

/** Named parameters: a Map keeps any order, an object has names that look like integers first, as JSON.stringify does. */
export type PhpArray = ReadonlyMap<string, PhpValue> | { readonly [name: string]: PhpValue };

/**
 * What PHP 8.3's `http_build_query` answers for the same parameters (default settings, `&` between, `precision` 14).
 *
 * Order is kept; null, undefined and arrays of nothing else vanish; true is 1, false is 0; `''` stays as `name=`; a
 * blank is `+`, all but `A-Za-z0-9-._` is percent-encoded UTF-8. The result is pure ASCII.
 * @param omitted a first-level name to leave out
 */
export function buildQuery(parameters: PhpArray, omitted?: string): string {
  let query = '';
  for (const [name, value] of entriesOf(parameters)) {
    if (name !== omitted) query = append(query, urlEncode(name), value);
  }
  return query;
}

function append(query: string, name: string, value: PhpValue): string {
  if (typeof value === 'string') return join(query, name, urlEncode(value));
  if (value === null || value === undefined) return query;
  if (typeof value === 'boolean') return join(query, name, value ? '1' : '0');
  if (typeof value === 'number') {
    // JSON.stringify sends what is not finite as null, and -0 as 0.
    return Number.isFinite(value) ? join(query, name, phpNumber(String(value))) : query;
  }
  if (typeof value === 'bigint') return join(query, name, phpNumber(String(value)));
  if (value instanceof NumberText) return join(query, name, phpNumber(value.text));
  let result = query;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) result = append(result, `${name}%5B${index}%5D`, value[index]);
  } else {
    for (const [key, member] of entriesOf(value as PhpArray)) {
      result = append(result, `${name}%5B${urlEncode(key)}%5D`, member);
    }
  }
  return result;
}

function join(query: string, name: string, value: string): string {
  return query === '' ? `${name}=${value}` : `${query}&${name}=${value}`;
}

function entriesOf(parameters: PhpArray): Iterable<[string, PhpValue]> {
  return parameters instanceof Map ? parameters : Object.entries(parameters);
}
