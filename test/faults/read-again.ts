import type { Client } from '#client';

/** Reads the first page of the list over and over, as somebody does who looks at it. */
export interface ReadingAgain extends AsyncDisposable {
  /** How long each answer took. */
  readonly ms: readonly number[];
}

const EVERY_MS = 20;

export function readAgainAndAgain(client: Client): ReadingAgain {
  const ms: number[] = [];
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      const begun = performance.now();
      await client.read({ page_size: 50 });
      const took = performance.now() - begun;
      ms.push(took);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - took)));
    }
  })();
  reading.catch(() => undefined);
  return {
    ms,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await reading;
    },
  };
}
