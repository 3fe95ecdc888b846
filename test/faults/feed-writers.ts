import type { Client } from '#client';
import { numberOf } from '../../bench/make-calls.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { followFeed } from './feed-follower.ts';
import { judgeConsistency, judgeReader } from './judge.ts';
import { createServerProcess } from './server-process.ts';
import { readStored } from './stored.ts';

const CLIENTS = 16;
/** Commits of all sizes: calls of one save, in turn. */
const SIZES = [1, 40, 3, 1, 100, 7];

export const feed: Fault = {
  name: 'feed',
  title: `${CLIENTS} writers at once, and readers of the feed`,
  runs: 200_000,
  unit: 'changes',
  async run({ runs, folder }) {
    await using server = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
    await server.start();
    await using pushed = followFeed(server.client(), true);
    await using polled = followFeed(server.client(), false);
    const begun = performance.now();
    await Promise.all(Array.from({ length: CLIENTS }, (_, at) => change(server.client(), at, runs / CLIENTS)));
    const seconds = (performance.now() - begun) / 1000;
    const stored = await readStored(server.client(), server.database);
    const last = stored.feed.at(-1)?.sequence ?? 0;
    await Promise.all([pushed.reaches(last), polled.reaches(last)]);
    return [
      { what: 'changes', figure: `${last} in ${seconds.toFixed(1)} s`, isGood: last >= runs },
      noneOf('missed or doubled when pushed', judgeReader('pushed feed', pushed.got, stored), `${last}`),
      noneOf('missed or doubled when polled', judgeReader('polled feed', polled.got, stored), `${last}`),
      noneOf('rows, history and feed at odds', judgeConsistency(stored), `${stored.rows.length} calls`),
    ];
  },
};

/** At least so many changes: saves, and what an agent does with one call of each. */
export async function change(client: Client, at: number, count: number): Promise<void> {
  const agent = `agent-${at}`;
  let done = 0;
  for (let turn = at; done < count; turn += 1) {
    const size = SIZES[turn % SIZES.length] as number;
    const calls = Array.from({ length: size }, (_, index) => ({
      caller_id: numberOf(at * 100_000 + done + index),
      outbound_type: index === 0 ? ('manual' as const) : ('auto' as const),
      attend_type: 'unattended' as const,
    }));
    const [first] = await client.save({ project_id: 1, calls });
    done += size;
    const id = first?.id as number;
    await client.note({ id, text: `turn ${turn}` });
    done += 1;
    if (turn % 3 !== 0) continue;
    await client.claim({ id, agent });
    await client.complete({ id, agent });
    done += 2;
  }
}
