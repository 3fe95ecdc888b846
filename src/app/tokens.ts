import type { Scope } from '../../client/src/contract.ts';
import type { TokenStore } from '../core/call-store.ts';
import { systemClock } from '../core/clock.ts';
import { createCredentials, hashToken, sealKey } from '../wire/credentials.ts';

export interface TokenWishes {
  name: string;
  scope: Scope;
  /** The only projects it may use; null: all. */
  projectIds: readonly number[] | null;
  /** The agent that it speaks for. */
  agent: string | null;
  /** Whether its requests must carry `api_hash`. */
  withKey: boolean;
}

/** A token as it is told once and never again. */
export interface FreshToken {
  token: string;
  key: string | null;
}

/**
 * Makes a token that works at once, also in a server that is running.
 *
 * @param keep called before the token becomes valid; when it throws, there is no token
 */
export async function createToken(
  tokens: TokenStore,
  { withKey, ...facts }: TokenWishes,
  keep: (fresh: FreshToken) => void = () => {},
): Promise<FreshToken & { id: number }> {
  const { token, key } = createCredentials();
  const fresh = { token, key: withKey ? key : null };
  keep(fresh);
  const { id } = await tokens.addToken({
    ...facts,
    hash: hashToken(token),
    sealedKey: withKey ? sealKey(key, token) : null,
    createdAt: systemClock.now(),
  });
  return { id, ...fresh };
}

/**
 * Makes an administrator's token in a database that has never had any, so that there is a way in.
 *
 * @param keep as in `createToken`
 * @returns undefined when there is or was a token
 */
export async function createFirstToken(
  tokens: TokenStore,
  keep: (fresh: FreshToken) => void,
): Promise<FreshToken | undefined> {
  if ((await tokens.listTokens()).length > 0) return undefined;
  return createToken(tokens, { name: 'first', scope: 'admin', projectIds: null, agent: null, withKey: true }, keep);
}

/** Makes it invalid, within seconds also in a server that is running. False when it is not there or no longer valid. */
export function revokeToken(tokens: TokenStore, id: number): Promise<boolean> {
  return tokens.revokeToken(id, systemClock.now());
}
