import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/call-verdict.ts';
import type { Caller, LegEvent, PresentLeg } from '../../src/core/leg-event.ts';
import { createMissedCalls } from '../../src/core/missed-calls.ts';
import { expectedOutcomes, recordedLegEvents } from '../support/asterisk-replay.ts';

const NOBODY: Caller = { number: null, name: null, isWithheld: false };

/** What a PBX would list as up after these events. */
function presentAfter(events: readonly LegEvent[]): PresentLeg[] {
  const up = new Map<string, PresentLeg>();
  for (const event of events) {
    const leg = up.get(event.legId);
    if (event.type === 'began') {
      const { legId, callId, caller, did, at } = event;
      const isInbound = event.direction === 'inbound' && event.isIncoming;
      up.set(legId, { legId, callId, isInbound, isConnected: false, queue: null, since: Math.floor(at), caller, did });
    } else if (event.type === 'hung_up') {
      up.delete(event.legId);
    } else if (leg !== undefined) {
      if (event.type === 'queue_joined') Object.assign(leg, { queue: event.queue, caller: event.caller });
      if (event.type === 'queue_left') leg.queue = null;
      if (event.type === 'agent_connected') leg.isConnected = true;
      if (event.type === 'dial_ended' && event.result === 'answered') leg.isConnected = true;
      if (event.type === 'identified') leg.caller = event.caller;
    }
  }
  return [...up.values()].map((leg) => ({ ...leg, caller: leg.caller ?? NOBODY }));
}

/** Hears events, loses those from `cut` to `back`, asks what is up, and hears the rest. */
function heardWithGap(events: readonly LegEvent[], cut: number, back: number, pbx = 'pbx'): Verdict[] {
  const machine = createMissedCalls({ pbx: 'pbx' });
  for (const event of events.slice(0, cut)) machine.take(event, event.at);
  const lostAt = events[cut - 1]?.at ?? null;
  const now = events[back - 1]?.at ?? 0;
  const present = back >= events.length ? [] : presentAfter(events.slice(0, back));
  const state = { pbx, pbxStartedAt: pbx === 'pbx' ? 0 : now + 0.001, present, askedAt: now, lostAt };
  // Those heard in the same moment as the list was asked for are in it: the list comes after them.
  machine.resynchronise({ ...state, askedAt: now + 0.001 }, now);
  for (const event of events.slice(back)) machine.take(event, event.at);
  return machine.tick(now + 10_000);
}

describe('a connection cut at every border between events', () => {
  const sessions = ['02a-queue-abandon', '04a-queue-timeout', '05a-dial-noanswer', '03a-queue-answered-agent-hangs-up'];

  it.each(sessions)('loses no call that can be known, and tells none twice: %s', (session) => {
    const events = recordedLegEvents(session);
    const expected = expectedOutcomes.find((outcome) => outcome.session === session);
    const legId = expected?.legId ?? '';
    const began = events.findIndex((event) => event.type === 'began' && event.legId === legId);
    const ended = events.findIndex((event) => event.type === 'hung_up' && event.legId === legId);
    const isAnswer = (event: LegEvent) =>
      event.type === 'agent_connected' || (event.type === 'dial_ended' && event.result === 'answered');
    const answered = events.findIndex((event) => isAnswer(event) && event.legId === legId);
    expect(began).toBeGreaterThanOrEqual(0);
    for (let cut = 0; cut <= events.length; cut += 1) {
      for (const length of [0, 1, 2, 5, 10, events.length]) {
        const back = Math.min(events.length, cut + length);
        const verdicts = heardWithGap(events, cut, back).filter(({ type }) => type === 'missed');
        const isKnown = cut > began || back <= ended;
        // The list shows that somebody talks; a talk that came and went in the gap, only queue_log.
        const isAnswerKnown = answered >= 0 && (cut > answered || back <= ended);
        const count = isKnown && !isAnswerKnown ? 1 : 0;
        expect([cut, back, verdicts.map((verdict) => verdict.legId)]).toEqual([cut, back, count === 1 ? [legId] : []]);
      }
    }
  });

  it.each(['01g-core-restart-now', '01i-process-killed'])(
    'makes one missed call of a caller whose PBX ends: %s',
    (session) => {
      const events = recordedLegEvents(session);
      const verdicts = heardWithGap(events, events.length, events.length, 'pbx, second run');
      expect(verdicts).toHaveLength(1);
      expect(verdicts[0]).toMatchObject({ type: 'missed', queue: 'test-queue', pbx: 'pbx' });
    },
  );

  it('makes one missed call of each of 1,000 restarts, with ids that are used again', () => {
    const events = recordedLegEvents('01i-process-killed');
    const caller = events.find(({ type }) => type === 'queue_joined')?.legId;
    const machine = createMissedCalls({ pbx: 'run 0' });
    for (let run = 1; run <= 1000; run += 1) {
      const shift = run * 1000;
      for (const event of events) machine.take({ ...event, at: event.at + shift }, event.at + shift);
      const now = (events.at(-1)?.at ?? 0) + shift + 1;
      machine.resynchronise({ pbx: `run ${run}`, pbxStartedAt: now, present: [], askedAt: now, lostAt: now - 1 }, now);
      expect(machine.tick(now).map(({ pbx, legId }) => ({ pbx, legId }))).toEqual([
        { pbx: `run ${run - 1}`, legId: caller },
      ]);
    }
    expect(machine.counts()).toEqual({ legs: 0, lost: 0 });
  });
});
