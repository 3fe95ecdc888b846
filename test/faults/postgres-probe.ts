import type { Client } from '#client';
import { isGoing, type Names, newBatch, save } from './callers.ts';
import type { Ledger } from './ledger.ts';

/** How soon an instance is to answer again once PostgreSQL does. */
export const BACK_MS = 5_000;
const PAUSE_MS = 10;

/** Saves some calls, for the ledger as well. */
export type Probe = (client: Client) => Promise<void>;

export function createProbe(ledger: Ledger, random: () => number, names: Names): Probe {
  return async (client) => {
    const batch = newBatch(random, names);
    ledger.batches.push(batch);
    await save(client, batch);
  };
}

/**
 * Saves until it is answered.
 * @returns how long that took
 * @throws when it has taken far too long, or something else than 503 is answered
 */
export async function untilBack(client: Client, probe: Probe): Promise<number> {
  const begun = performance.now();
  for (;;) {
    try {
      await probe(client);
      return performance.now() - begun;
    } catch (error) {
      if (!isGoing(error) || performance.now() - begun > 4 * BACK_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
