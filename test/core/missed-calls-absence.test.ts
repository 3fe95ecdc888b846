import { describe, expect, it } from 'vitest';
import type { LegEvent, PresentLeg } from '../../src/core/leg-event.ts';
import { createMissedCalls } from '../../src/core/missed-calls.ts';
import { CALLER, leg, START } from '../support/leg-script.ts';

const a = leg('1.1');

describe('after an absence', () => {
  const present = (legId: string, more: Partial<PresentLeg> = {}): PresentLeg => ({
    legId,
    callId: legId,
    isInbound: true,
    isConnected: false,
    queue: null,
    since: START + 90,
    caller: CALLER,
    did: null,
    ...more,
  });
  const state = { pbx: 'pbx', pbxStartedAt: START - 5000, askedAt: START + 100, lostAt: START + 50 };

  function waiting(...legs: ReturnType<typeof leg>[]) {
    const machine = createMissedCalls({ pbx: 'pbx' });
    for (const one of legs) for (const event of [one.begins(0), one.joins(1, 'sales')]) machine.take(event, event.at);
    return machine;
  }

  it('a caller who is still there waits on, and one who is gone is missed, once', () => {
    const [b] = [leg('1.2')];
    const machine = waiting(a, b);
    machine.resynchronise({ ...state, present: [present('1.2', { queue: 'sales' })] }, START + 101);
    expect(machine.tick(START + 101)).toMatchObject([
      { type: 'missed', legId: '1.1', isInferred: true, waitSeconds: 49, endedAt: START + 50 },
    ]);
    expect(machine.waitingCallers()).toMatchObject([{ legId: '1.2', since: START + 1 }]);
    machine.resynchronise({ ...state, present: [present('1.2', { queue: 'sales' })] }, START + 102);
    expect(machine.tick(START + 200)).toEqual([]);
  });

  it('a phone that was picked up just before is trusted to have been an answer', () => {
    const machine = waiting();
    const pickedUp = [leg('3.1').isBridged(0), a.begins(0), a.rings(1, '2.1'), a.hasRung(50, '2.1', 'answered')];
    for (const event of pickedUp) machine.take(event, event.at);
    machine.resynchronise({ ...state, present: [] }, START + 101);
    expect(machine.tick(START + 102)).toMatchObject([{ type: 'reached', legId: '1.1' }]);
  });

  it('a caller who came meanwhile is known from then on', () => {
    const machine = waiting();
    machine.resynchronise({ ...state, present: [present('1.2', { queue: 'sales' })] }, START + 101);
    expect(machine.waitingCallers()).toMatchObject([{ legId: '1.2', since: START + 90 }]);
    const b = leg('1.2');
    for (const event of [b.wantsToHangUp(120), b.abandons(120), b.leaves(120), b.hangsUp(120)])
      machine.take(event, event.at);
    expect(machine.tick(START + 121)).toMatchObject([
      { legId: '1.2', kind: 'queue_hangup', waitSeconds: 30, isInferred: false },
    ]);
  });

  it('a number that was not told before the connection was lost is taken from the list', () => {
    const machine = waiting();
    machine.take(a.begins(0, { caller: { number: null, name: null, isWithheld: false } }), START);
    machine.resynchronise({ ...state, present: [present('1.1')] }, START + 101);
    machine.take(a.hangsUp(110), START + 110);
    expect(machine.tick(START + 111)).toMatchObject([{ legId: '1.1', number: CALLER.number }]);
  });

  it('a caller who is talking by now was answered', () => {
    const machine = waiting(a);
    machine.resynchronise({ ...state, present: [present('1.1', { isConnected: true })] }, START + 101);
    machine.take(a.hangsUp(130), START + 130);
    expect(machine.tick(START + 131)).toMatchObject([{ type: 'reached', how: 'inbound' }]);
  });

  it('own telephones in a queue, heard to be that when they began, are no callers', () => {
    const machine = waiting();
    machine.take(a.begins(0, { direction: 'internal' }), START);
    machine.resynchronise({ ...state, present: [present('1.1', { queue: 'sales' })] }, START + 101);
    machine.resynchronise({ ...state, present: [] }, START + 102);
    expect(machine.tick(START + 103)).toEqual([]);
  });

  it('calls heard of since the list was asked for need not be in it, nor come back by it', () => {
    const machine = waiting();
    const b = leg('1.2');
    machine.take(a.begins(100.5), START + 100.5);
    machine.take(b.hangsUp(100.6), START + 100.6);
    machine.resynchronise({ ...state, present: [present('1.2', { queue: 'sales' })] }, START + 101);
    expect(machine.waitingCallers()).toEqual([]);
    expect(machine.tick(START + 200)).toEqual([]);
    machine.take(a.hangsUp(300), START + 300);
    expect(machine.tick(START + 301)).toHaveLength(1);
  });

  it('a restart of the PBX ends every call it had, though the new process gives out the same ids', () => {
    const machine = waiting(a);
    const restarted = { ...state, pbx: 'pbx, second run', pbxStartedAt: START + 60 };
    machine.resynchronise({ ...restarted, present: [present('1.1', { queue: 'sales' })] }, START + 101);
    expect(machine.tick(START + 101)).toMatchObject([{ pbx: 'pbx', legId: '1.1', isInferred: true }]);
    for (const event of [a.abandons(110), a.leaves(110), a.hangsUp(110)]) machine.take(event, event.at);
    expect(machine.tick(START + 111)).toMatchObject([{ pbx: 'pbx, second run', legId: '1.1', isInferred: false }]);
  });

  it('the same id beginning anew ends the call that had it', () => {
    const machine = waiting(a);
    machine.take(a.begins(70), START + 70);
    expect(machine.tick(START + 70)).toMatchObject([{ legId: '1.1', beganAt: START, isInferred: true }]);
    machine.take(a.hangsUp(75), START + 75);
    expect(machine.tick(START + 76)).toMatchObject([{ legId: '1.1', beganAt: START + 70, isInferred: false }]);
  });

  describe('by the record of the PBX', () => {
    const recall = (machine: ReturnType<typeof waiting>, ...events: LegEvent[]) => {
      for (const event of events) machine.recall(event, START + 100);
    };

    it('calls that came and went are known', () => {
      const machine = waiting();
      const [b, c] = [leg('1.2'), leg('1.3')];
      recall(machine, b.begins(60), b.joins(60, 'sales'), b.wantsToHangUp(67), b.abandons(67), b.leaves(67));
      recall(machine, c.begins(60), c.joins(60, 'sales'), c.isConnected(64), c.leaves(64));
      machine.resynchronise({ ...state, present: [] }, START + 101);
      expect(machine.tick(START + 102)).toMatchObject([
        { type: 'missed', legId: '1.2', kind: 'queue_hangup', waitSeconds: 7, endedAt: START + 67, isInferred: false },
        { type: 'reached', legId: '1.3' },
      ]);
    });

    it('a caller known before is heard to the end', () => {
      const machine = waiting(a);
      recall(machine, a.isConnected(60), a.leaves(60));
      machine.resynchronise({ ...state, present: [] }, START + 101);
      expect(machine.tick(START + 102)).toMatchObject([{ type: 'reached', legId: '1.1' }]);
    });

    it('a caller who still waits has the name, and withholds the number, that only the list shows', () => {
      const [b, machine] = [leg('1.2'), waiting()];
      const caller = { ...CALLER, name: null };
      for (const one of [a, b]) {
        recall(machine, one.begins(60, { caller }), { ...one.joins(60, 'sales'), caller } as LegEvent);
      }
      const withheld = { ...CALLER, isWithheld: true };
      const listed = [present('1.1', { queue: 'sales' }), present('1.2', { queue: 'sales', caller: withheld })];
      machine.resynchronise({ ...state, present: listed }, START + 101);
      expect(machine.waitingCallers()).toMatchObject([
        { legId: '1.1', number: CALLER.number, name: CALLER.name },
        { legId: '1.2', number: null, name: null },
      ]);
    });

    it('a caller of the first second of a new run waits on, whichever second the PBX is taken to have started in', () => {
      const [b, machine] = [leg('1.2'), waiting(a)];
      recall(machine, b.begins(99), b.joins(99, 'sales'));
      const next = { ...state, pbx: 'next', pbxStartedAt: START + 100 };
      machine.resynchronise({ ...next, present: [present('1.2', { queue: 'sales' })] }, START + 101);
      expect(machine.tick(START + 102)).toMatchObject([{ legId: '1.1', pbx: 'pbx' }]);
      expect(machine.waitingCallers()).toMatchObject([{ legId: '1.2' }]);
      for (const event of [b.abandons(110), b.leaves(110), b.hangsUp(110)]) machine.take(event, event.at);
      expect(machine.tick(START + 111)).toMatchObject([{ legId: '1.2', pbx: 'next' }]);
    });

    it('nothing is told twice that was heard already', () => {
      const machine = waiting(a);
      recall(machine, a.begins(0), a.joins(0, 'sales'));
      expect(machine.waitingCallers()).toMatchObject([{ since: START + 1 }]);
      for (const event of [a.abandons(5), a.leaves(5), a.rings(6, '2.1'), a.hasRung(9, '2.1', 'no_answer')]) {
        machine.take(event, event.at);
      }
      recall(machine, a.isToldWhy(5, 'timeout'), a.leaves(5));
      machine.take(a.hangsUp(10), START + 10);
      expect(machine.tick(START + 11)).toMatchObject([{ kind: 'no_answer' }]);
      recall(machine, a.begins(0), a.joins(0, 'sales'), a.leaves(5));
      machine.resynchronise({ ...state, present: [] }, START + 101);
      expect(machine.tick(START + 102)).toEqual([]);
    });

    it('own telephones in a queue are no callers, if their beginning was heard', () => {
      const machine = waiting();
      machine.take(a.begins(0, { direction: 'internal' }), START);
      recall(machine, a.begins(0), a.joins(0, 'sales'), a.leaves(5));
      machine.resynchronise({ ...state, present: [] }, START + 101);
      expect(machine.tick(START + 102)).toEqual([]);
    });

    it('what came in the second in which the connection was lost is news of a caller who had only begun', () => {
      const machine = waiting();
      machine.take(a.begins(0.4, { caller: { number: null, name: null, isWithheld: false } }), START + 0.4);
      recall(machine, a.begins(0), { ...a.joins(0, 'sales'), caller: CALLER } as LegEvent);
      machine.resynchronise({ ...state, present: [] }, START + 101);
      expect(machine.tick(START + 102)).toMatchObject([{ number: CALLER.number, queue: 'sales' }]);
    });

    it('a leg that the list shows to be of another call is of that', () => {
      const machine = waiting();
      recall(machine, a.begins(60), a.joins(60, 'sales'));
      const both = [present('1.1', { callId: '1.0', queue: 'sales' }), present('1.0')];
      machine.resynchronise({ ...state, present: both }, START + 101);
      for (const event of [a.isConnected(102), a.hangsUp(110), leg('1.0').hangsUp(110)]) machine.take(event, event.at);
      expect(machine.tick(START + 111)).toMatchObject([{ type: 'reached', legId: '1.1' }]);
    });

    it('a call read of before its first event is heard is one call', () => {
      const machine = waiting();
      recall(machine, a.begins(1), a.joins(1, 'sales'));
      for (const event of [a.begins(0), a.joins(1, 'sales'), a.abandons(3), a.leaves(3), a.hangsUp(3)]) {
        machine.take(event, START + 100);
      }
      expect(machine.tick(START + 101)).toMatchObject([{ legId: '1.1', isInferred: false, waitSeconds: 2 }]);
    });
  });
});
