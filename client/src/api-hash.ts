import { md5 } from './md5.ts';
import { buildQuery, type PhpArray } from './php-query.ts';

/**
 * The `api_hash` of a request: MD5 of its parameters as `http_build_query` writes them, followed by the key. A
 * first-level `api_hash` among them is left out; nested ones are parameters like any other.
 * @param md5Hex takes text, answers the MD5 of its UTF-8 in lower-case hexadecimal; the server passes a faster one
 */
export function apiHash(parameters: PhpArray, key: string, md5Hex: (text: string) => string = md5): string {
  return md5Hex(buildQuery(parameters, 'api_hash') + key);
}
