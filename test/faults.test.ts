import { describe, expect, it } from 'vitest';
import type { Row } from '#client';
import { absences } from './faults/ami-absences.ts';
import { pbxRestarts } from './faults/ami-restarts.ts';
import { witnesses } from './faults/ami-witnesses.ts';
import { backups, judgeCopy } from './faults/backups.ts';
import type { Fault } from './faults/fault-run.ts';
import { feed } from './faults/feed-writers.ts';
import { postgresClocks } from './faults/postgres-clocks.ts';
import { postgresCommits } from './faults/postgres-commits.ts';
import { postgresFeed } from './faults/postgres-feed.ts';
import { postgresKills } from './faults/postgres-kills.ts';
import { postgresReads } from './faults/postgres-reads.ts';
import { stops } from './faults/stops.ts';
import type { Stored } from './faults/stored.ts';
import { storm } from './faults/storm.ts';
import { expectedOf, isMissed, planStorm } from './faults/storm-calls.ts';
import { delaysOf, judgeList } from './faults/storm-judge.ts';
import { POSTGRES } from './store/backends.ts';
import { tempFolder } from './support/temp-folder.ts';

/** A short run; `npm run test:faults` has the long ones. */
async function run(fault: Fault, runs: number): Promise<void> {
  const seed = 1 + Math.floor(Math.random() * 1_000_000);
  const figures = await fault.run({ runs, seed, folder: tempFolder(), tell: () => undefined });
  expect(figures.filter(({ isGood }) => !isGood)).toEqual([]);
  expect(figures.length).toBeGreaterThan(0);
}

describe('faults of a real server', () => {
  it('tells 20,000 changes of 16 writers to those who read the feed, each once and in order', { timeout: 60_000 }, () =>
    run(feed, 20_000),
  );

  it('answers whatever it has begun when SIGTERM comes under load, and ends with 0', { timeout: 60_000 }, () =>
    run(stops, 3),
  );

  it(
    'makes a backup while calls change that opens, is whole and holds everything up to a moment',
    {
      timeout: 60_000,
    },
    () => run(backups, 2),
  );

  it.skipIf(process.platform !== 'linux')(
    'hears 20,000 events a second of a PBX without a loss, and shows a missed call within a second',
    // A PBX throws out who reads nothing for a third of a second at that rate, and so long other tests may take both cores.
    { timeout: 60_000, retry: 2 },
    () => run(storm, 2),
  );

  it('makes one missed call of every caller of a PBX that restarts, though it gives out the same ids again', () =>
    run(pbxRestarts, 30));

  it(
    'knows after it was killed, and after it was stopped, every call that came and went in the meantime',
    { timeout: 60_000 },
    () => run(absences, 2),
  );

  it('counts each missed call once, whichever of two instances and the record of queues tells of it first', () =>
    run(witnesses, 2_000));

  it('would notice a missed call that is lost, counted twice or not taken out after a storm', () => {
    const plan = planStorm({ calls: 400, ms: 2_000, seed: 1, epoch: 1_795_465_000 });
    const { items } = expectedOf(plan);
    const rows = [...items].map(([caller_id, { missedCount, status }]) => ({
      ...{ caller_id, missed_count: missedCount, status },
    })) as Row[];
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['pending', 'completed']));
    expect(judgeList(plan, rows)).toEqual([]);
    const [first, ...others] = rows as [Row, ...Row[]];
    const number = first.caller_id;
    expect(judgeList(plan, others)).toEqual([`${number}: missed ${first.missed_count} times, and in no row`]);
    const twice = [{ ...first, missed_count: first.missed_count + 1 }, ...others];
    expect(judgeList(plan, twice)).toEqual([expect.stringContaining(`${number}: counted`)]);
    const open = rows.map((row) => ({ ...row, status: 'pending' as const }));
    expect(judgeList(plan, open).length).toBe(rows.filter(({ status }) => status === 'completed').length);
    expect(judgeList(plan, [...rows, { ...first, caller_id: '+12025550199' }])).toEqual([
      '+12025550199: was never missed',
    ]);
    const call = plan.find((one) => one.number === number && isMissed(one));
    const endedMs = plan.map(({ endMs }) => endMs);
    const seen = new Map([[number, endedMs.map(() => 7_000)]]);
    const delays = delaysOf(plan, { begunAt: 0, endedMs, seen });
    expect(delays).toContain(7_000 - (call?.endMs ?? 0));
    expect(delays).toContain(Number.POSITIVE_INFINITY);
  });

  it('would notice a backup that holds half of a moment', () => {
    const entry = { callId: 1, at: 100, actor: 'token X', from: null, to: 'pending' };
    const original: Stored = {
      ...{ rows: [], damage: [] },
      history: [
        { ...entry, number: 1, event: 'created' },
        { ...entry, number: 2, event: 'note', from: 'pending' },
      ],
      feed: [
        { sequence: 1, callId: 1 },
        { sequence: 2, callId: 1 },
      ],
    };
    const half = { ...original, history: original.history.slice(0, 1) };
    expect(judgeCopy('backup', half, original)).toContain('backup: Call 1 changed 1 times, the feed tells 2');
    const other = { ...original, feed: [{ sequence: 1, callId: 2 }] };
    expect(judgeCopy('backup', other, original)).toContain('backup: change 1 is another one');
  });
});

describe.skipIf(!POSTGRES.isChosen)('faults of instances that share a PostgreSQL', { timeout: 120_000 }, () => {
  it('loses nothing that was acknowledged when PostgreSQL is killed, says so meanwhile and is back within 5 seconds', () =>
    run(postgresKills, 2));

  it('makes no call twice when the answer to a COMMIT is lost and whoever saved it saves again', () =>
    run(postgresCommits, 20));

  it('answers at every instance what plain SQL says at that moment, and gives no call to two agents', () =>
    run(postgresReads, 300));

  it('tells 20,000 changes of 16 writers at two instances to readers at a third, each once and in order', () =>
    run(postgresFeed, 20_000));

  it('lets a lease last as long as asked for where clocks are two minutes wrong', () => run(postgresClocks, 5));
});
