import { describe, expect, it } from 'vitest';
import { backups, judgeCopy } from './faults/backups.ts';
import type { Fault } from './faults/fault-run.ts';
import { feed } from './faults/feed-writers.ts';
import { stops } from './faults/stops.ts';
import type { Stored } from './faults/stored.ts';
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
