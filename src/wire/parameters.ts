import { Buffer } from 'node:buffer';
import { latin1OfBytes } from './byte-text.ts';
import { parseForm } from './form-parameters.ts';
import { parseJson } from './json-parameters.ts';
import { messages } from './messages.ts';
import { parseMultipart } from './multipart-parameters.ts';
import type { ParameterLimits, ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';

export type { Parameter, ParameterLimits, ParameterMap } from './parameter.ts';

/** What of an HTTP request carries its parameters. */
export interface ParameterSource {
  method: 'GET' | 'POST';
  /** The header as received; undefined when there is none. */
  contentType: string | undefined;
  /** What follows the `?`, without it, still encoded. */
  query: string;
  body: Uint8Array;
  limits: ParameterLimits;
}

/**
 * The parameters of a request as one ordered tree: of a GET from its query string; of a POST from its body, or from the
 * query string when the body is empty, never from both. JSON and multipart by their type; any other type, or none, is
 * read as a form, because While1's own samples send forms as `text/xml`.
 * @throws Refusal 400, 413 or 415
 */
export function decodeParameters({ method, contentType = '', query, body, limits }: ParameterSource): ParameterMap {
  if (method === 'GET' || body.length === 0) return parseForm(bytesOfQuery(query), limits);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const type = mediaType(contentType);
  if (type === 'application/json' || type.endsWith('+json')) return parseJson(bytes, limits);
  if (type === 'multipart/form-data') return parseMultipart(bytes, contentType, limits);
  if (isLikeJson(bytes)) throw new Refusal(415, [messages.jsonAsForm(contentType)]);
  return parseForm(latin1OfBytes(bytes), limits);
}

/** The type alone, cut where PHP cuts it: whatever stands around or behind it must not make another decoder be chosen. */
function mediaType(header: string): string {
  return /^\s*([^\s;,]*)/.exec(header)?.[1]?.toLowerCase() ?? '';
}

/** Node hands over a request's address byte by byte; anything else in it can only come from a caller inside. */
function bytesOfQuery(query: string): string {
  return /^[\u0000-\u00ff]*$/.test(query) ? query : Buffer.from(query).toString('latin1');
}

const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const [BYTE_ORDER_MARK, OPEN_BRACE, OPEN_BRACKET] = [[0xef, 0xbb, 0xbf], 0x7b, 0x5b];

/** No form that PHP would read begins with `{` or `[`; a client that forgot to name its type does. */
function isLikeJson(bytes: Buffer): boolean {
  let at = BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte) ? BYTE_ORDER_MARK.length : 0;
  while (BLANKS.has(bytes[at])) at++;
  return bytes[at] === OPEN_BRACE || bytes[at] === OPEN_BRACKET;
}
