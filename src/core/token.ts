import type { Scope } from '../../client/src/contract.ts';
import type { EpochSeconds } from './clock.ts';

/** A credential of the API as the store keeps it: neither the token nor the key can be read from it. */
export interface StoredToken {
  id: number;
  name: string;
  /** SHA-256 of the token. */
  hash: Uint8Array;
  /** The key, sealed so that only who presents the token can open it (wire/credentials.ts); null: requests need no hash. */
  sealedKey: Uint8Array | null;
  scope: Scope;
  /** The only projects it may use; null: all. */
  projectIds: readonly number[] | null;
  /** The agent that this credential speaks for. */
  agent: string | null;
  createdAt: EpochSeconds;
  revokedAt: EpochSeconds | null;
}

export type NewToken = Omit<StoredToken, 'id' | 'revokedAt'>;
