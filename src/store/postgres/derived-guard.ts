import type { Derivation } from '../../core/call-store.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { SqlValue } from './row-columns.ts';
import { MIGRATIONS } from './schema/migrations.ts';

/** Changes when the store itself derives otherwise: `dueSince`, `reversed`, `nameWords`. */
const STORE_RULES = 1;

/** What rows are made by at this moment: the derivation, and the schema that they are stored in. */
export const SELECT_DERIVED = `SELECT string_agg(value, ' schema-' ORDER BY name) FROM meta
  WHERE name IN ('derivation', 'schema')`;

/**
 * Makes sure that rows are still those of this program and its settings: another instance may have been started with other
 * ones and have made them anew. Whoever reads or writes rows asks for SELECT_DERIVED in the same statement or transaction.
 */
export class DerivedGuard {
  readonly #expected: string;
  readonly #address: string;

  constructor(derivation: Derivation, address: string) {
    this.#expected = `${derivedVersion(derivation)} schema-${MIGRATIONS.length}`;
    this.#address = address;
  }

  isMet(found: SqlValue | undefined): boolean {
    return found === this.#expected;
  }

  /** @throws StoreUnavailableError */
  check(found: SqlValue | undefined): void {
    if (!this.isMet(found)) throw otherSettings(this.#address);
  }
}

export function otherSettings(address: string): StoreUnavailableError {
  return new StoreUnavailableError(
    `Another process works on ${address} with another version or other settings (time zone, countries); stop one of the two`,
  );
}

export function derivedVersion({ version }: Derivation): string {
  return `${version} store-${STORE_RULES}`;
}
