import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/core/call-store.ts';
import { AmiPlayer, type PlayedMessage, playedMessages } from '../support/ami-player.ts';
import { expectedOutcomes } from '../support/asterisk-replay.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { openTestStore, startPbxListener } from '../support/pbx-listener.ts';
import { queueLogIn, secondsOf } from '../support/pbx-watch.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Messages that nobody heard: none, some, all to the end. */
const LENGTHS = [0, 3, 20, 1000];

interface Cut {
  messages: readonly PlayedMessage[];
  /** So many are heard, those up to `back` are not, the rest is. */
  cut: number;
  back: number;
  queueLog: string | undefined;
  store: Store;
  timers: ManualTimers;
}

/** What became of the verdicts. */
async function heardWithGap({ messages, cut, back, queueLog, store, timers }: Cut): Promise<string[]> {
  await using player = await AmiPlayer.start({
    now: () => secondsOf(timers),
    ...(queueLog !== undefined && { queueLog }),
  });
  await using listener = await startPbxListener({
    ...{ player, timers, store },
    // To the store each is another PBX, with calls of its own, and another instance.
    instance: `cut at ${secondsOf(timers)}`,
    ...(queueLog !== undefined && { queueLog }),
  });
  await listener.pbx.isUp();
  await player.say(messages.slice(0, cut));
  await listener.hasHeardAll();
  const [lost] = messages.slice(cut, back);
  // Where something is lost, the first of it is lost in its middle.
  if (lost !== undefined) await player.server.trickle([lost.bytes.subarray(0, lost.bytes.length / 2)]);
  await listener.isCut();
  await player.say(messages.slice(cut, back));
  await listener.isBack();
  await player.say(messages.slice(back));
  await listener.hasHeardAll();
  // A record of queues is read about once a second.
  for (let second = 0; second < 3; second += 1) await listener.pbx.settle();
  return listener.recorded;
}

describe('a connection cut at every border between messages', () => {
  const sessions = ['02a-queue-abandon', '05a-dial-noanswer', '03a-queue-answered-agent-hangs-up'];
  const cases = sessions.flatMap((session) => [true, false].map((hasQueueLog) => ({ session, hasQueueLog })));

  it.each(cases)(
    'loses no call that can be known, and counts none twice: $session, with queue_log: $hasQueueLog',
    { timeout: 600_000 },
    async ({ session, hasQueueLog }) => {
      const messages = playedMessages(session);
      const timers = new ManualTimers();
      const store = await openTestStore();
      const outcome = expectedOutcomes.find((expected) => expected.session === session);
      const legId = outcome?.legId ?? '';
      const place = (event: string) =>
        messages.findIndex(({ message }) => message.event === event && message.get('Uniqueid') === legId);
      const [began, numbered, joined] = [place('Newchannel'), place('NewCallerid'), place('QueueCallerJoin')];
      const [answered, ended] = [place('AgentConnect'), place('Hangup')];
      expect(began).toBeGreaterThanOrEqual(0);
      const folder = tempFolder();
      const queueLog = hasQueueLog ? queueLogIn(folder) : undefined;
      const wrong: unknown[] = [];
      for (let cut = 0; cut <= messages.length; cut += 1) {
        for (const length of LENGTHS) {
          const back = Math.min(messages.length, cut + length);
          if (queueLog !== undefined) writeFileSync(queueLog, '');
          const recorded = await heardWithGap({ messages, cut, back, queueLog, store, timers });
          if (queueLog !== undefined) rmSync(queueLog);
          const count = recorded.filter((as) => as === 'created' || as === 'counted').length;
          const isQueued = joined >= 0 && hasQueueLog;
          // Whoever's number nobody heard is counted among those who withhold theirs.
          const isNumberKnown = cut > numbered || back <= ended || isQueued;
          const isKnown = (cut > began || back <= ended || isQueued) && isNumberKnown;
          const isAnswerKnown = answered >= 0 && (isQueued || cut > answered || back <= answered);
          const expected = !isKnown || isAnswerKnown ? [0] : answered >= 0 ? [0, 1] : [1];
          if (!expected.includes(count)) wrong.push({ cut, back, recorded, expected });
          timers.advance(5_000);
        }
      }
      await store.close();
      expect(wrong).toEqual([]);
    },
  );
});
