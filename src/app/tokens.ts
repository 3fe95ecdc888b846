import type { Scope } from '../../client/src/contract.ts';
import type { TokenStore } from '../core/call-store.ts';
import { systemClock } from '../core/clock.ts';
import type { NewToken } from '../core/token.ts';
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
  wishes: TokenWishes,
  keep: (fresh: FreshToken) => void = () => {},
): Promise<FreshToken & { id: number }> {
  const { fresh, stored } = makeToken(wishes);
  keep(fresh);
  const { id } = await tokens.addToken(stored);
  return { id, ...fresh };
}

/** What is told of it, and what is stored. */
function makeToken({ withKey, ...facts }: TokenWishes): { fresh: FreshToken; stored: NewToken } {
  const { token, key } = createCredentials();
  return {
    fresh: { token, key: withKey ? key : null },
    stored: {
      ...facts,
      hash: hashToken(token),
      sealedKey: withKey ? sealKey(key, token) : null,
      createdAt: systemClock.now(),
    },
  };
}

const FIRST: TokenWishes = { name: 'first', scope: 'admin', projectIds: null, agent: null, withKey: true };

/**
 * Makes an administrator's token in a database that has never had any, so that there is a way in. Of several instances that
 * start at once, one makes it.
 *
 * @param keep as in `createToken`; called by the one instance that makes it
 * @returns undefined when there is or was a token
 */
export async function createFirstToken(
  tokens: TokenStore,
  keep: (fresh: FreshToken) => void,
): Promise<FreshToken | undefined> {
  // Asked first, as it takes no lock: every start comes by here.
  if ((await tokens.listTokens()).length > 0) return undefined;
  let made: FreshToken | undefined;
  await tokens.addFirstToken(() => {
    const { fresh, stored } = makeToken(FIRST);
    keep(fresh);
    made = fresh;
    return stored;
  });
  return made;
}

/** Makes it invalid, within seconds also in a server that is running. False when it is not there or no longer valid. */
export function revokeToken(tokens: TokenStore, id: number): Promise<boolean> {
  return tokens.revokeToken(id, systemClock.now());
}
