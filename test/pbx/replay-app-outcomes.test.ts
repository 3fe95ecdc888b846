import { describe, expect, it } from 'vitest';
import { AmiPlayer } from '../support/ami-player.ts';
import { readRecording, recordingNames, WAYS_OF_CUTTING } from '../support/ami-recordings.ts';
import { type ExpectedOutcome, expectedOutcomes } from '../support/asterisk-replay.ts';
import { missCommand, record } from '../support/capture.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf, WATCH_START } from '../support/pbx-watch.ts';

/** Callers who are neither queued nor ring a phone are not in the table. */
const NOT_IN_TABLE: Record<string, readonly string[]> = {
  // The PBX stops, or is killed, with a caller in the queue.
  '01g-core-restart-now': ['+493023125059 queue_timeout'],
  '01i-process-killed': ['+493023125060 queue_hangup'],
  '04b-queue-join-refused-empty': ['+493023125009 queue_empty'],
  '05f-dial-unavailable': ['+493023125020 unavailable'],
  '07b-odd-caller-names': ['+493023125040 unavailable'],
  '07c-long-values': ['+493023125040 unavailable'],
};

/** The table's words for how a dial ended are a hang-up cause, on which nothing may be decided. */
const DIALLED: Record<string, string> = { '05b-dial-busy': 'busy', '05c-dial-congestion': 'unavailable' };

function kindOf({ session, queues, abandonKind }: ExpectedOutcome): string {
  if (abandonKind === 'hung up') return 'queue_hangup';
  if (abandonKind === 'left otherwise') return 'queue_timeout';
  // One decision of ours: who leaves by a key has left by a key.
  return queues === '' ? (DIALLED[session] ?? 'no_answer') : 'exit_key';
}

/** One is withheld by its presentation only, which the table does not look at. */
const isWithheld = ({ session, number }: ExpectedOutcome) => number === '<unknown>' || session.startsWith('02h');

const isMiss = ({ outcome }: ExpectedOutcome) => outcome === 'missed';

/** Each miss of a session as number and kind. */
function missesIn(session: string): string[] {
  const missed = expectedOutcomes.filter((outcome) => outcome.session === session && isMiss(outcome));
  const listed = missed.filter((outcome) => !isWithheld(outcome));
  return [...listed.map((outcome) => `${outcome.number} ${kindOf(outcome)}`), ...(NOT_IN_TABLE[session] ?? [])].sort();
}

/** Of one the table has the leg of an order to dial, whose customer is the one who was rung: no caller was answered. */
const answeredIn = (session: string) =>
  expectedOutcomes.filter(
    (outcome) => outcome.session === session && !isMiss(outcome) && outcome.legId !== 'cb-bridge-1',
  );

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
    const withheld = expectedOutcomes.filter((outcome) => outcome.session === session && isWithheld(outcome));
    expect(listener.unlisted).toBe(withheld.length);
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
