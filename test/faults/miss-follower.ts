import type { Client } from '#client';

/** Follows the list by its stream of changes, and reads each missed call as soon as the stream tells of it. */
export interface MissFollower extends AsyncDisposable {
  /** By number, when its first, second, … miss could be read, by `Date.now()`. */
  readonly seen: ReadonlyMap<string, readonly number[]>;
  /** How long each of the reads took, in ms. */
  readonly readMs: readonly number[];
}

/** @param readsEach whether every change is read once more by its id; else the row that came with it counts */
export function followMisses(client: Client, { readsEach }: { readsEach: boolean }): MissFollower {
  const seen = new Map<string, number[]>();
  const readMs: number[] = [];
  const ending = new AbortController();
  const note = (number: string, count: number) => {
    const times = seen.get(number) ?? [];
    const now = Date.now();
    while (times.length < count) times.push(now);
    seen.set(number, times);
  };
  const reads = new Set<Promise<void>>();
  const read = async (id: number) => {
    const begun = performance.now();
    const { results } = await client.read({ filters: { id } });
    readMs.push(performance.now() - begun);
    for (const row of results) note(row.caller_id, row.missed_count);
  };
  const following = (async () => {
    for await (const change of client.changes({ live: true, signal: ending.signal })) {
      if (!readsEach) note(change.caller_id, change.missed_count);
      else {
        const reading = read(change.id).finally(() => reads.delete(reading));
        reads.add(reading);
      }
    }
  })();
  following.catch(() => undefined);
  return {
    seen,
    readMs,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following.catch((error) => {
        if (!ending.signal.aborted) throw error;
      });
      await Promise.all(reads);
    },
  };
}
