import { timingSafeEqual } from 'node:crypto';
import type { TokenStore } from '../core/call-store.ts';
import type { StoredToken } from '../core/token.ts';
import type { Credential } from './credential.ts';
import { hashToken, openKey } from './credentials.ts';
import { messages } from './messages.ts';
import { Refusal } from './refusal.ts';

/** Who is asking, and the key that their requests must be hashed with; null: no hash is needed. */
export interface Login {
  credential: Credential;
  key: string | null;
}

/** Why a login failed, for the audit; callers learn only that their token is missing or invalid. */
export type LoginFailure = 'no_header' | 'several_headers' | 'no_bearer_token' | 'malformed_token' | 'unknown_token';

/** 401: no token, or none that is known. */
export class FailedLogin extends Refusal {
  readonly reason: LoginFailure;

  constructor(reason: LoginFailure) {
    const missing = reason === 'no_header';
    super(401, [missing ? messages.missingToken() : messages.invalidToken()], { 'www-authenticate': 'Bearer' });
    this.name = 'FailedLogin';
    this.reason = reason;
  }
}

export interface Authenticator {
  /**
   * @param headers every `Authorization` header of the request, as received
   * @throws FailedLogin unless there is exactly one, with a known token
   */
  authenticate(headers: readonly string[]): Promise<Login>;
}

/** A revoked token is refused at the latest after this time; 15 s are promised. */
const REMEMBERED_MS = 5000;
const REMEMBERED_LOGINS = 10_000;
const LONGEST_TOKEN = 512;

/**
 * Checks tokens against the store. A successful login is remembered for a few seconds (the store then need not be
 * asked, nor the key opened); a failed one never, so that a token made by another process works at once.
 *
 * @param options.monotonicMs a clock that never jumps; tests hold it still
 */
export function createAuthenticator(options: { tokens: TokenStore; monotonicMs?: () => number }): Authenticator {
  const { tokens, monotonicMs = () => performance.now() } = options;
  // By hash, not by token: how long a lookup takes then says nothing about the token.
  const remembered = new Map<string, { login: Login; until: number }>();

  return {
    async authenticate(headers) {
      const token = bearerToken(headers);
      const hash = hashToken(token);
      const name = hash.toString('base64');
      const known = remembered.get(name);
      if (known !== undefined && monotonicMs() < known.until) return known.login;
      remembered.delete(name);

      const stored = await tokens.findToken(hash);
      // The database has compared already; this comparison takes the same time for unknown tokens as for known ones.
      if (!timingSafeEqual(hash, stored?.hash ?? Buffer.alloc(hash.length)) || stored === undefined) {
        throw new FailedLogin('unknown_token');
      }
      const login = { credential: credentialOf(stored), key: keyOf(stored, token) };
      if (remembered.size >= REMEMBERED_LOGINS) remembered.clear();
      remembered.set(name, { login, until: monotonicMs() + REMEMBERED_MS });
      return login;
    },
  };
}

/**
 * Exactly one header, the word `Bearer` as the API's documentation writes it, one blank, the token. Other clients'
 * ways of writing it (`bearer`, blanks at the end) are refused as well: what is lenient here is a way in elsewhere.
 */
function bearerToken(headers: readonly string[]): string {
  const [header, ...more] = headers;
  if (header === undefined) throw new FailedLogin('no_header');
  if (more.length > 0) throw new FailedLogin('several_headers');
  // A client whose token is not configured sends one of these.
  if (header === '' || header === 'Bearer' || header === 'Bearer ') throw new FailedLogin('no_header');
  if (!header.startsWith('Bearer ')) throw new FailedLogin('no_bearer_token');
  const token = header.slice('Bearer '.length);
  if (token.length > LONGEST_TOKEN || !/^[\x21-\x7e]+$/.test(token)) throw new FailedLogin('malformed_token');
  return token;
}

function credentialOf({ id, name, scope, projectIds, agent }: StoredToken): Credential {
  return { tokenId: id, name, scope, projectIds, agent };
}

function keyOf({ sealedKey }: StoredToken, token: string): string | null {
  return sealedKey === null ? null : openKey(sealedKey, token);
}
