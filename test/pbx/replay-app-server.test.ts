import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { AmiPlayer } from '../support/ami-player.ts';
import { readRecording, recordingNames } from '../support/ami-recordings.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { answeredIn, missesIn, withheldIn } from '../support/recorded-outcomes.ts';

/** The list as it must be, row by row. */
interface Item {
  number: string;
  reason: string;
  status: string;
  count: number;
}

/** One open row a number; who is spoken with is out of the list. */
function takeSession(items: Item[], session: string): void {
  const open = (number: string) => items.find((item) => item.number === number && item.status === 'pending');
  for (const miss of missesIn(session)) {
    const [number = '', reason = ''] = miss.split(' ');
    const item = open(number);
    if (item === undefined) items.push({ number, reason, status: 'pending', count: 1 });
    else item.count += 1;
  }
  for (const { number } of answeredIn(session)) {
    const item = open(number);
    if (item !== undefined) Object.assign(item, { status: 'completed', reason: 'answered_elsewhere' });
  }
}

async function listOf(app: TestApp): Promise<Item[]> {
  const { body } = await app.post<never>({ action: 'read', page_size: 1000, sort: 'id' });
  const rows = body.results as unknown as Record<string, string>[];
  return rows.map(({ caller_id, status_reason, status, missed_count }) => ({
    ...{ number: `${caller_id}`, reason: `${status_reason}`, status: `${status}`, count: Number(missed_count) },
  }));
}

/** Asks until the answer is right, or has had the time to be. */
async function listWhenRight(app: TestApp, expected: readonly Item[]): Promise<Item[]> {
  const latest = performance.now() + 10_000;
  for (;;) {
    const list = await listOf(app);
    if (JSON.stringify(sorted(list)) === JSON.stringify(sorted(expected)) || performance.now() > latest) return list;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const sorted = (items: readonly Item[]) => items.map((item) => JSON.stringify(item)).sort();

it('every recording, one after the other, leaves the right list in a whole server, by its API', {
  timeout: 120_000,
}, async () => {
  await using player = await AmiPlayer.start();
  await using app = await startTestApp({
    settings: { pbx: { url: player.url, inboundContexts: ['from-trunk', 'odd'] } },
    clock: systemClock,
  });
  await player.server.received('CoreShowChannels');
  const expected: Item[] = [];
  let [connections, withheld] = [1, 0];
  for (const session of recordingNames) {
    for (const [nth, { chunks }] of readRecording(session).entries()) {
      if (nth > 0) {
        player.server.hangUp();
        player.restart();
        connections += 1;
        await player.server.received('CoreShowChannels', connections);
      }
      await player.play(chunks, 'as it was read');
    }
    takeSession(expected, session);
    withheld += withheldIn(session);
    expect([session, sorted(await listWhenRight(app, expected))]).toEqual([session, sorted(expected)]);
  }
  expect(expected.length).toBeGreaterThan(15);
  expect(expected.some(({ status }) => status === 'completed')).toBe(true);
  const figures = await (await app.fetch('/metrics')).text();
  expect(figures).toContain(`callqueue_capture_verdicts_total{result="withheld"} ${withheld}\n`);
});
