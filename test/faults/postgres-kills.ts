import { type Client, ServerError } from '#client';
import { randomOf } from '../../bench/make-calls.ts';
import { askAgain, callTogether } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { followFeed } from './feed-follower.ts';
import { judge, judgeReader } from './judge.ts';
import { acknowledged, createLedger } from './ledger.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { BACK_MS, createProbe, type Probe, untilBack } from './postgres-probe.ts';
import { readPostgresStored } from './postgres-stored.ts';
import type { Stored } from './stored.ts';

const INSTANCES = 2;
const CALLERS = 8;
const TELL_ROUNDS = 10;

export const postgresKills: Fault = {
  name: 'postgres-kills',
  title: `PostgreSQL (fsync on) killed with -9 while ${INSTANCES} instances change calls`,
  runs: 50,
  unit: 'kills',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed);
    let names = 0;
    await using postgres = await startDurablePostgres();
    const { url } = postgres;
    await using instances = await startInstances({ count: INSTANCES, url, folder });
    const { servers } = instances;
    const clients = servers.map((server) => server.client());
    const [client] = clients as [Client];
    const ledger = createLedger();
    await using pushed = followFeed((servers[0] as (typeof servers)[0]).client({ maxRetryDelayMs: 50 }), true);
    await using polled = followFeed((servers[1] as (typeof servers)[0]).client({ maxRetryDelayMs: 50 }), false);
    let stored: Stored = { rows: [], history: [], feed: [], damage: [] };
    const wrong: string[] = [];
    const saveOne = createProbe(ledger, random, () => ++names);
    const backMs: number[] = [];
    const misled: string[] = [];

    for (let round = 1; round <= runs && wrong.length === 0; round += 1) {
      const before = ledger.batches.length;
      const working = Promise.all(clients.map((one) => callTogether(CALLERS, one, ledger, random, () => ++names)));
      working.catch(() => undefined);
      await Promise.race([working, moment(1 + random() * 999)]);
      await postgres.kill9();
      await working;
      for (const server of servers) misled.push(...(await refusalsMeanwhile(server.client(), server.url, saveOne)));

      await postgres.restart();
      backMs.push(...(await Promise.all(clients.map((one) => untilBack(one, saveOne)))));
      wrong.push(...(await askAgain(client, ledger.batches.slice(before))));
      stored = await readPostgresStored(client, url);
      wrong.push(...judge(ledger, stored));
      if (round % TELL_ROUNDS !== 0 && round !== runs) continue;
      // They were told to stay away for some seconds, which would make up most of each round.
      const last = stored.feed.at(-1)?.sequence ?? 0;
      await Promise.all([pushed.reaches(last), polled.reaches(last)]);
      wrong.push(...judgeReader('pushed feed', pushed.got, stored), ...judgeReader('polled feed', polled.got, stored));
      tell(`${round} of ${runs} kills`);
    }
    const { saves, calls, deeds, open } = acknowledged(ledger);
    const slowest = Math.max(...backMs);
    return [
      noneOf('lost, half, double or at odds', wrong, `${runs} kills`),
      { what: 'acknowledged', figure: `${saves} saves of ${calls} calls, ${deeds} deeds`, isGood: saves * deeds > 0 },
      { what: 'never answered', figure: `${open}`, isGood: true },
      noneOf('meanwhile not told 503 with Retry-After', misled, `${runs * INSTANCES * 3} requests`),
      { what: 'back after PostgreSQL, at the slowest', figure: `${slowest.toFixed(0)} ms`, isGood: slowest < BACK_MS },
    ];
  },
};

/** What is asked while there is no PostgreSQL, and answered otherwise than it should be. */
async function refusalsMeanwhile(client: Client, url: string, saveOne: Probe): Promise<string[]> {
  const wrong: string[] = [];
  for (const [what, ask] of [
    ['A read', () => client.read()],
    ['A save', () => saveOne(client)],
  ] as const) {
    const error: unknown = await ask().catch((reason: unknown) => reason);
    const isRight = error instanceof ServerError && error.status === 503 && (error.retryAfterMs ?? 0) > 0;
    if (!isRight) wrong.push(`${what} was answered with ${error}`);
  }
  const ready = await fetch(`${url}/readyz`);
  if (ready.status !== 503) wrong.push(`Whether it is ready was answered with ${ready.status}`);
  return wrong;
}

function moment(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
