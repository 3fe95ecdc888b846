import { hash, timingSafeEqual } from 'node:crypto';
import { apiHash } from '../../client/src/api-hash.ts';
import { messages } from './messages.ts';
import type { ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';

/**
 * `api_hash` must be the MD5 of all other parameters, written as PHP's http_build_query writes them, and the key of the
 * token; hexadecimal digits in either case.
 *
 * It shows that the caller knows the key and that nobody changed the request on the way. It is a compatibility check
 * on top of token and TLS, not the lock itself: MD5 is broken for collisions, and the hash knows no time.
 *
 * @param key of the token; null: the hash is not looked at
 * @throws Refusal 401 when it is missing or wrong
 */
export function checkHash(key: string | null, parameters: ParameterMap): void {
  if (key === null) return;
  const given = parameters.get('api_hash') ?? '';
  if (given === '') throw new Refusal(401, [messages.missingHash()]);
  const expected = Buffer.from(apiHash(parameters, key, md5), 'latin1');
  const seen = Buffer.from(typeof given === 'string' && given.length === 32 ? given.toLowerCase() : '', 'utf8');
  // Lengths are no secret; comparing something in any case keeps the time the same.
  const same = timingSafeEqual(expected, seen.length === expected.length ? seen : Buffer.alloc(expected.length));
  if (!same) throw new Refusal(401, [messages.invalidHash()]);
}

function md5(text: string): string {
  return hash('md5', text, 'hex');
}
