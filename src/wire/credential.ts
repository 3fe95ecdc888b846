import type { Scope } from '../../client/src/contract.ts';

/** Who is asking: a token that has been checked. */
export interface Credential {
  tokenId: number;
  name: string;
  scope: Scope;
  /** The only projects it may use; null: all. */
  projectIds: readonly number[] | null;
  /** The agent that it speaks for. */
  agent: string | null;
}
