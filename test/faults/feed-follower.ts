import type { Client } from '#client';

/** Reads the feed from the beginning, whatever becomes of the server meanwhile. */
export interface FeedFollower extends AsyncDisposable {
  /** Sequences in the order in which they came. */
  readonly got: readonly number[];
  /** Resolves when that change has come. @throws when it has not within half a minute, or the feed failed */
  reaches(sequence: number): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** @param live whether changes are pushed or asked for */
export function followFeed(client: Client, live: boolean): FeedFollower {
  const got: number[] = [];
  const ending = new AbortController();
  let look = () => {};
  let failure: unknown;
  const reading = (async () => {
    for await (const { sequence } of client.changes({ live, pollMs: 20, signal: ending.signal })) {
      got.push(sequence);
      look();
    }
  })().catch((error) => {
    if (ending.signal.aborted) return;
    failure = error;
    look();
  });
  return {
    got,
    reaches: (sequence) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`The feed is at ${got.at(-1)} and not at ${sequence}`)),
          PATIENCE_MS,
        );
        look = () => {
          if (failure === undefined && (got.at(-1) ?? 0) < sequence) return;
          clearTimeout(late);
          if (failure === undefined) resolve();
          else reject(failure);
        };
        look();
      }),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await reading;
    },
  };
}
