import type { Client } from '#client';
import { type Fault, noneOf } from './fault-run.ts';
import { followFeed } from './feed-follower.ts';
import { change } from './feed-writers.ts';
import { judgeReader } from './judge.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { openPlainSql, type PlainSql, readPostgresFeed } from './postgres-stored.ts';

const WRITERS = 16;
/** The readers are at the last of them, the writers at the others. */
const INSTANCES = 3;
const DEAF_EVERY_MS = 700;

export const postgresFeed: Fault = {
  name: 'postgres-feed',
  title: `${WRITERS} writers at two instances, readers of the feed at a third whose LISTEN is cut off again and again`,
  runs: 1_000_000,
  unit: 'changes',
  async run({ runs, folder }) {
    await using postgres = await startDurablePostgres();
    await using instances = await startInstances({ count: INSTANCES, url: postgres.url, folder });
    await using sql = openPlainSql(postgres.url);
    const clients = instances.servers.map((server) => server.client());
    const reader = clients.at(-1) as Client;
    await using pushed = followFeed(reader, true);
    await using polled = followFeed(reader, false);
    await using deafness = cutListeners(sql);
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: WRITERS }, (_, at) => change(clients[at % (INSTANCES - 1)] as Client, at, runs / WRITERS)),
    );
    const seconds = (performance.now() - begun) / 1000;
    const feed = await readPostgresFeed(sql);
    const last = feed.at(-1)?.sequence ?? 0;
    await Promise.all([pushed.reaches(last), polled.reaches(last)]);
    return [
      { what: 'changes', figure: `${last} in ${seconds.toFixed(1)} s`, isGood: last >= runs },
      noneOf('missed or doubled when pushed', judgeReader('pushed feed', pushed.got, { feed }), `${last}`),
      noneOf('missed or doubled when polled', judgeReader('polled feed', polled.got, { feed }), `${last}`),
      noneOf('history and feed at odds', await oddCalls(sql), `${last}`),
      { what: 'LISTEN cut off', figure: `${deafness.cuts}`, isGood: deafness.cuts > 0 },
    ];
  },
};

/** Ends every connection that listens, now and then: what was said meanwhile is not heard. */
function cutListeners(sql: PlainSql): AsyncDisposable & { readonly cuts: number } {
  let cuts = 0;
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = sql
      .all(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'`)
      .then((ended) => {
        cuts += ended.length;
      });
  }, DEAF_EVERY_MS);
  return {
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Calls whose changes the feed does not tell as often as the history does. */
async function oddCalls(sql: PlainSql): Promise<string[]> {
  const odd = await sql.all<{ id: number; happened: number | null; told: number | null }>(`
    SELECT call_id::int AS id, happened::int, told::int
      FROM (SELECT call_id, count(*) AS happened FROM history GROUP BY call_id) AS history
      FULL JOIN (SELECT call_id, count(*) AS told FROM changes GROUP BY call_id) AS feed USING (call_id)
      WHERE happened IS DISTINCT FROM told`);
  return odd.map(({ id, happened, told }) => `Call ${id} changed ${happened ?? 0} times, the feed tells ${told ?? 0}`);
}
