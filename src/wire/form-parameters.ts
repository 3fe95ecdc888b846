import { Buffer } from 'node:buffer';
import { textOfBytes } from './byte-text.ts';
import { messages } from './messages.ts';
import type { ParameterLimits, ParameterMap } from './parameter.ts';
import { createPhpVariables } from './php-variables.ts';
import { Refusal } from './refusal.ts';

/**
 * A form body or a query string, as PHP 8.3 reads it: pairs between `&`, the first `=` of a pair ends its name, `+` is a
 * blank, `%NN` a byte, any other `%` is itself; then the names as php-variables.ts explains.
 * @param text each byte as the character of the same number
 * @throws Refusal 400 where PHP would stop reading (number, depth) and keep silent about it
 */
export function parseForm(text: string, limits: ParameterLimits): ParameterMap {
  const variables = createPhpVariables(limits);
  let count = 0;
  // Each is looked for again only when it lies behind: a search to the end for every pair would be quadratic.
  let equals = -1;
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf('&', start);
    const end = ampersand === -1 ? text.length : ampersand;
    if (end > start) {
      if (++count > limits.count) throw new Refusal(400, [messages.tooManyParameters(limits.count)]);
      if (equals < start) equals = indexOrEnd(text, '=', start);
      const nameEnd = Math.min(equals, end);
      variables.set(urlDecode(text.slice(start, nameEnd)), urlDecode(text.slice(nameEnd + 1, end)));
    }
    start = end + 1;
  }
  return variables.all;
}

function indexOrEnd(text: string, searched: string, start: number): number {
  const index = text.indexOf(searched, start);
  return index === -1 ? text.length : index;
}

const NEEDS_DECODING = /[%+\u0080-\u00ff]/;
const [PERCENT, PLUS, BLANK] = [0x25, 0x2b, 0x20];
/** Names and most values are short: they are decoded here, without a buffer of their own. */
const shortBytes = Buffer.alloc(1024);

/** PHP's `urldecode`. */
function urlDecode(encoded: string): string {
  if (!NEEDS_DECODING.test(encoded)) return encoded;
  const bytes = encoded.length <= shortBytes.length ? shortBytes : Buffer.allocUnsafe(encoded.length);
  let length = 0;
  let seen = 0;
  for (let i = 0; i < encoded.length; i++) {
    let byte = encoded.charCodeAt(i);
    if (byte === PLUS) {
      byte = BLANK;
    } else if (byte === PERCENT) {
      const high = hexValue(encoded.charCodeAt(i + 1));
      const low = hexValue(encoded.charCodeAt(i + 2));
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    }
    seen |= byte;
    bytes[length++] = byte;
  }
  return seen < 0x80 ? bytes.toString('latin1', 0, length) : textOfBytes(bytes.subarray(0, length));
}

/** -1 for what is no hexadecimal digit, NaN (behind the end) included. */
function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
