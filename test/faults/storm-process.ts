import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StormFigures, StormOptions, StormWord } from './ami-storm.ts';

/** ami-storm.ts running. */
export interface StormProcess extends AsyncDisposable {
  /** Of its manager port. */
  url: string;
  /** Resolves when somebody listens and knows what is there. */
  ready: Promise<void>;
  /** Begins; answers when, by `Date.now()`. */
  begin(): Promise<number>;
  /** Resolves when the last event has been sent. */
  done: Promise<StormFigures>;
}

export async function startStorm(options: StormOptions): Promise<StormProcess> {
  const child = fork(join(import.meta.dirname, 'ami-storm.ts'), [JSON.stringify(options)], { execArgv: [] });
  const gone = once(child, 'exit');
  const heard = <K extends StormWord['kind']>(kind: K) =>
    new Promise<Extract<StormWord, { kind: K }>>((resolve, reject) => {
      child.on('message', (word: StormWord) => {
        if (word.kind === kind) resolve(word as Extract<StormWord, { kind: K }>);
      });
      gone.then(() => reject(new Error(`The storm ended before it was ${kind}`)));
    });
  const [listening, ready, begun, done] = [heard('listening'), heard('ready'), heard('begun'), heard('done')];
  for (const promise of [ready, begun, done]) promise.catch(() => undefined);
  const { url } = await listening;
  return {
    url,
    ready: ready.then(() => undefined),
    async begin() {
      child.send('go');
      return (await begun).atMs;
    },
    done,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      child.kill();
      await gone;
    },
  };
}
