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
    if (name !== omitted) query = append(query, encode(name), value);
  }
  return query;
}

function append(query: string, name: string, value: PhpValue): string {
  if (typeof value === 'string') return join(query, name, encode(value));
  if (value === null || value === undefined) return query;
  if (typeof value === 'boolean') return join(query, name, value ? '1' : '0');
  if (typeof value === 'number') {
    // JSON.stringify sends what is not finite as null, and -0 as 0.
    return Number.isFinite(value) ? join(query, name, encodeNumber(String(value))) : query;
  }
  if (typeof value === 'bigint') return join(query, name, encodeNumber(String(value)));
  if (value instanceof NumberText) return join(query, name, encodeNumber(value.text));
  let result = query;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) result = append(result, `${name}%5B${index}%5D`, value[index]);
  } else {
    for (const [key, member] of entriesOf(value as PhpArray)) {
      result = append(result, `${name}%5B${encode(key)}%5D`, member);
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

const NEEDS_ENCODING = /[^A-Za-z0-9._-]/;
const LONE_SURROGATE = /[\ud800-\udfff]/u;
/** What `encodeURIComponent` leaves and PHP does not, and a blank. */
const LEFT_BY_JAVASCRIPT = /[!'()*~]/;
const REPLACEMENTS = [
  [/!/g, '%21'],
  [/'/g, '%27'],
  [/\(/g, '%28'],
  [/\)/g, '%29'],
  [/\*/g, '%2A'],
  [/~/g, '%7E'],
] as const;
/** Long texts go through the pattern replacements in pieces: 16 MiB of blanks at once would take over 1 GB meanwhile. */
const PIECE_LENGTH = 8192;

/** PHP's `urlencode`. */
function encode(text: string): string {
  if (!NEEDS_ENCODING.test(text)) return text;
  if (text.length <= PIECE_LENGTH) return encodePiece(text);
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + PIECE_LENGTH;
    if (/^[\ud800-\udbff]$/.test(text.charAt(end - 1))) end++;
    pieces.push(encodePiece(text.slice(start, end)));
    start = end;
  }
  return pieces.join('');
}

function encodePiece(text: string): string {
  if (LONE_SURROGATE.test(text)) return encodeBroken(text);
  const encoded = encodeURIComponent(text).replace(/%20/g, '+');
  if (!LEFT_BY_JAVASCRIPT.test(encoded)) return encoded;
  return REPLACEMENTS.reduce((result, [mark, replacement]) => result.replace(mark, replacement), encoded);
}

const ENCODED_ASCII = Array.from({ length: 0x80 }, (_, code) => encodePiece(String.fromCharCode(code)));

function encodeBroken(text: string): string {
  let encoded = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) encoded += ENCODED_ASCII[code];
    else if (code < 0xd800 || code > 0xdfff) encoded += encodeURIComponent(character);
    else if (code >= 0xdc80 && code <= 0xdcff) encoded += `%${(code - 0xdc00).toString(16).toUpperCase()}`;
    // Half a character that stands for no byte has no UTF-8; every encoder writes U+FFFD in its place.
    else encoded += '%EF%BF%BD';
  }
  return encoded;
}

const INTEGER = /^-?\d+$/;
const INT64_MAX = '9223372036854775807';
const INT64_MIN = '9223372036854775808';

/** A JSON number as PHP's `json_decode` reads it (int64 where it fits, else a double) and as PHP then prints it. */
function encodeNumber(text: string): string {
  if (!INTEGER.test(text)) return encodeDouble(Number(text));
  const isNegative = text.startsWith('-');
  const digits = isNegative ? text.slice(1) : text;
  const fits = digits.length < 19 || (digits.length === 19 && digits <= (isNegative ? INT64_MIN : INT64_MAX));
  if (!fits) return encodeDouble(Number(text));
  return text === '-0' ? '0' : text;
}

const PRECISION = 14;

/** C's `%.14G` as PHP has it: `1.0E+20`, `1.0E-7`, `-0`, `INF`. */
function encodeDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return `${sign}INF`;
  const [mantissa = '', exponentText = ''] = roundHalfToEven(size).split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  if (exponent < -4 || exponent >= PRECISION) {
    const direction = exponent < 0 ? '-' : '%2B';
    return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${direction}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** `d.ddde±x` with 14 digits. Exactly half way JavaScript rounds away from zero, C to the even digit. */
function roundHalfToEven(size: number): string {
  const rounded = size.toExponential(PRECISION - 1);
  // 17 digits tell a possible tie from the rest; only then is the whole expansion worth its cost.
  if (!size.toExponential(PRECISION + 2).includes('500e')) return rounded;
  const [exact = '', exponent] = size.toExponential(99).split('e');
  const kept = exact.slice(0, PRECISION + 1);
  const isTie = /^50*$/.test(exact.slice(PRECISION + 1));
  return isTie && /[02468]$/.test(kept) ? `${kept}e${exponent}` : rounded;
}
