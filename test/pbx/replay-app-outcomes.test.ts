import { describe, expect, it } from 'vitest';
import { AmiPlayer } from '../support/ami-player.ts';
import { readRecording, recordingNames, WAYS_OF_CUTTING } from '../support/ami-recordings.ts';
import { missCommand, record } from '../support/capture.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf, WATCH_START } from '../support/pbx-watch.ts';
import { answeredIn, missesIn, withheldIn } from '../support/recorded-outcomes.ts';

/** Plays a recording over a real connection to an instance that has `before` in its list already. */
async function play(
  session: string,
  way: (typeof WAYS_OF_CUTTING)[number],
  { before = [], ownChannels = [] }: { before?: readonly string[]; ownChannels?: readonly string[] } = {},
): Promise<PbxListener & { unlisted: number }> {
  const timers = new ManualTimers();
  await using player = await AmiPlayer.start({ now: () => secondsOf(timers) });
  const listener = await startPbxListener({ player, timers });
  for (const number of before) {
    const miss = { number, legId: `before ${number}`, endedAt: WATCH_START - 60 };
    expect(await record(listener.store, missCommand(miss), WATCH_START)).toBe('created');
  }
  if (ownChannels.length > 0)
    await record(listener.store, { kind: 'record_own_channels', channelIds: ownChannels }, WATCH_START);
  await listener.pbx.isUp();
  for (const [nth, { chunks }] of readRecording(session).entries()) {
    if (nth > 0) {
      await listener.isCut();
      player.restart();
      await listener.isBack();
    }
    await player.play(chunks, way);
    await listener.hasHeardAll();
  }
  const unlisted = await listener.store.unlistedMisses({ since: 0, projectIds: null });
  return { ...listener, unlisted: unlisted.reduce((sum, { count }) => sum + count, 0) };
}

/** Every miss that the database knows, as number and kind, from the histories of its rows. */
async function missesOf({ store, rows }: PbxListener): Promise<string[]> {
  const misses: string[] = [];
  for (const row of await rows()) {
    const history = (await store.history(row.id, null)) ?? [];
    const told = history.filter(({ event }) => event === 'created' || event === 'missed');
    expect(row.missedCount).toBe(told.length);
    misses.push(...told.map(({ reason }) => `${row.callerId} ${reason}`));
  }
  return misses.sort();
}

describe.each(WAYS_OF_CUTTING)('a recording played to an instance over a real connection, %s', (way) => {
  it.each(recordingNames)('leaves in the database what came of its calls: %s', { timeout: 60_000 }, async (session) => {
    const answered = answeredIn(session);
    const before = answered.map(({ number }) => number);
    await using listener = await play(session, way, { before });
    const rows = await listener.rows();
    // Whoever was in the list and was spoken with is out of it.
    expect(rows.slice(0, before.length).map(({ status, statusReason }) => [status, statusReason])).toEqual(
      before.map(() => ['completed', 'answered_elsewhere']),
    );
    const expected = [...before.map((number) => `${number} queue_hangup`), ...missesIn(session)];
    expect(await missesOf(listener)).toEqual(expected.sort());
    expect(listener.unlisted).toBe(withheldIn(session));
  });
});

describe('a call whose channel is one of our own attempts', () => {
  it('is in no row when its customer is missed, and a caller of the same kind is', async () => {
    await using own = await play('02a-queue-abandon', 'joined', { ownChannels: ['1795465604.5'] });
    expect(await own.rows()).toEqual([]);
    expect(own.recorded.filter((as) => as !== 'kept')).toEqual(['own_attempt']);
    await using strangers = await play('02a-queue-abandon', 'joined', { ownChannels: ['1795465604.6'] });
    expect(await strangers.rows()).toHaveLength(1);
  });

  it.each(['06l-originate-into-queue', '06n-originate-bridge-two-parties'])(
    'is in no row when it is answered: %s',
    async (session) => {
      await using listener = await play(session, 'joined', { ownChannels: ['cb-queue-1', 'cb-bridge-1'] });
      expect(await listener.rows()).toEqual([]);
    },
  );
});
