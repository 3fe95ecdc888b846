import type { TokenStore } from '../core/call-store.ts';
import type { EpochSeconds } from '../core/clock.ts';
import { InvalidSettingsError } from '../core/errors.ts';
import type { NewToken, StoredToken } from '../core/token.ts';
import { hashToken, openKey, sealKey } from '../wire/credentials.ts';

/** Name of the token that the settings ask for; tokens made by hand must not have it. */
export const SETTINGS_TOKEN_NAME = 'CALLQUEUE_TOKEN';

export interface TokenSettings {
  readonly token?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Makes the database agree with the settings: the token that they name exists, with that key and all rights, and one
 * that they named before is revoked.
 * @throws InvalidSettingsError when that token exists under another name, maybe with fewer rights
 */
export async function ensureSettingsToken(store: TokenStore, wanted: TokenSettings, now: EpochSeconds): Promise<void> {
  const valid = (await store.listTokens()).filter(({ revokedAt }) => revokedAt === null);
  const mine = valid.filter(({ name }) => name === SETTINGS_TOKEN_NAME);
  const outdated = mine.filter((token) => !isSame(token, wanted));
  for (const { id } of outdated) await store.revokeToken(id, now);

  const { token, key } = wanted;
  if (token === undefined || outdated.length < mine.length) return;
  const hash = hashToken(token);
  const namesake = valid.find((other) => other.name !== SETTINGS_TOKEN_NAME && hash.equals(other.hash));
  if (namesake !== undefined) {
    throw new InvalidSettingsError([
      `token (CALLQUEUE_TOKEN): this value is already the token “${namesake.name}” (number ${namesake.id}); ` +
        'take another value, or revoke that token first',
    ]);
  }
  const fresh: NewToken = {
    name: SETTINGS_TOKEN_NAME,
    hash,
    sealedKey: key === undefined ? null : sealKey(key, token),
    scope: 'admin',
    projectIds: null,
    agent: null,
    createdAt: now,
  };
  try {
    await store.addToken(fresh);
  } catch (error) {
    // Several instances may start at the same moment, of which one is first.
    if ((await store.findToken(hash))?.name !== SETTINGS_TOKEN_NAME) throw error;
  }
}

function isSame(stored: StoredToken, { token, key }: TokenSettings): boolean {
  if (token === undefined || !hashToken(token).equals(stored.hash)) return false;
  return stored.sealedKey === null ? key === undefined : openKey(stored.sealedKey, token) === key;
}
