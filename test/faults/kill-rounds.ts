import { randomOf } from '../../bench/make-calls.ts';
import { askAgain, callTogether } from './callers.ts';
import { followFeed } from './feed-follower.ts';
import { judge, judgeReader } from './judge.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createServerProcess } from './server-process.ts';
import { readStored, type Stored } from './stored.ts';

export interface KillRounds {
  ledger: Ledger;
  /** As it was after the last kill. */
  stored: Stored;
  /** What a reader got who was there across all kills: pushed, and asked for. */
  pushed: readonly number[];
  polled: readonly number[];
  /** What was wrong; nothing, if all is well. */
  wrong: string[];
}

export interface KillRoundsOptions {
  rounds: number;
  seed: number;
  /** For database and log. */
  folder: string;
  callers?: number;
  /** After each round. */
  tell?: (round: number) => void;
}

/**
 * Eight callers change calls until the process is killed, at a random moment within half a second; it is started again
 * over the same database, what was left without an answer is asked again, and everything is counted. Ends with the first
 * round that shows something wrong.
 */
export async function runKillRounds(options: KillRoundsOptions): Promise<KillRounds> {
  const { rounds, seed, folder, callers = 8, tell } = options;
  const random = randomOf(seed);
  let names = 0;
  await using server = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
  await server.start();
  const client = server.client();
  const ledger = createLedger();
  let stored: Stored = { rows: [], history: [], feed: [], damage: [] };
  await using pushed = followFeed(server.client({ maxRetryDelayMs: 50 }), true);
  await using polled = followFeed(server.client({ maxRetryDelayMs: 50 }), false);
  const wrong: string[] = [];

  for (let round = 1; round <= rounds && wrong.length === 0; round += 1) {
    const before = ledger.batches.length;
    const working = callTogether(callers, client, ledger, random, () => ++names);
    await Promise.race([working, moment(1 + random() * 499)]);
    await server.kill();
    await working;

    await server.start();
    wrong.push(...(await askAgain(client, ledger.batches.slice(before))));
    stored = await readStored(client, server.database);
    wrong.push(...judge(ledger, stored));
    const last = stored.feed.at(-1)?.sequence ?? 0;
    await Promise.all([pushed.reaches(last), polled.reaches(last)]);
    wrong.push(...judgeReader('pushed feed', pushed.got, stored), ...judgeReader('polled feed', polled.got, stored));
    tell?.(round);
  }
  return { ledger, stored, pushed: [...pushed.got], polled: [...polled.got], wrong };
}

function moment(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
