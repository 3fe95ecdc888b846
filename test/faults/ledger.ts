/** What was asked of the server, and what it has acknowledged. Never corrected by what is found in the database. */
export interface Ledger {
  batches: Batch[];
  deeds: Deed[];
}

/** The calls of one save; its mark is their `campaign_name`. */
export interface Batch {
  mark: string;
  /** Numbers, in the order of the calls. */
  numbers: readonly string[];
  /** Whether each has an external id, by which a repeat finds it. */
  isNamed: boolean;
  /** The `Idempotency-Key` of the request, in all its tries. */
  key: string | undefined;
  /** What the server answered; undefined as long as it has answered nothing. */
  ids: readonly number[] | undefined;
  /** Later saves of the same calls with another `campaign_info`, one after the other. */
  rewrites: { mark: string; isAcknowledged: boolean }[];
}

/** What an agent did to a call. Each agent does each only once, so that it can be found again in the history. */
export interface Deed {
  event: 'claimed' | 'extended' | 'released' | 'completed';
  agent: string;
  /** Undefined when the answer, which would have named the call, never came. */
  id: number | undefined;
  isAcknowledged: boolean;
}

export function createLedger(): Ledger {
  return { batches: [], deeds: [] };
}

/** How much of it the server has acknowledged. */
export function acknowledged({ batches, deeds }: Ledger) {
  const saved = batches.filter(({ ids }) => ids !== undefined);
  return {
    saves: saved.length + saved.reduce((sum, { rewrites }) => sum + rewrites.filter((r) => r.isAcknowledged).length, 0),
    calls: saved.reduce((sum, { numbers }) => sum + numbers.length, 0),
    deeds: deeds.filter(({ isAcknowledged }) => isAcknowledged).length,
    open: batches.length - saved.length + deeds.filter(({ isAcknowledged }) => !isAcknowledged).length,
  };
}
