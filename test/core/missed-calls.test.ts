import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/call-verdict.ts';
import type { DialEnded, LegEvent } from '../../src/core/leg-event.ts';
import { createMissedCalls, type MissedCallsOptions } from '../../src/core/missed-calls.ts';
import { CALLER, leg, START } from '../support/leg-script.ts';

const a = leg('1.1');

function verdictsOf(events: readonly LegEvent[], options: Partial<MissedCallsOptions> = {}): Verdict[] {
  const machine = createMissedCalls({ pbx: 'pbx', ...options });
  const verdicts = events.flatMap((event) => {
    machine.take(event, event.at);
    return machine.tick(event.at);
  });
  return [...verdicts, ...machine.tick(START + 1000)];
}

const kinds = (events: readonly LegEvent[]) =>
  verdictsOf(events).map((verdict) => (verdict.type === 'missed' ? verdict.kind : verdict.how));

describe('a caller is missed', () => {
  it('who hangs up in a queue, with all that is known of the call', () => {
    const events = [
      a.begins(0.2),
      a.joins(1.5, 'sales'),
      a.wantsToHangUp(9.4),
      a.abandons(9.4),
      a.leaves(9.4),
      a.hangsUp(9.9),
    ];
    expect(verdictsOf(events)).toEqual([
      {
        type: 'missed',
        pbx: 'pbx',
        legId: '1.1',
        number: '01632960123',
        name: 'Jane Doe',
        did: '0301234501',
        kind: 'queue_hangup',
        queue: 'sales',
        waitSeconds: 7,
        beganAt: START,
        endedAt: START + 9,
        isInferred: false,
      },
    ]);
  });

  it('whom a queue gave up, or refused', () => {
    const joined = [a.begins(0), a.joins(0, 'sales')];
    expect(kinds([...joined, a.abandons(4), a.leaves(4), a.hangsUp(9)])).toEqual(['queue_timeout']);
    expect(kinds([...joined, a.abandons(4), a.leaves(4), a.isToldWhy(4, 'empty'), a.hangsUp(9)])).toEqual([
      'queue_empty',
    ]);
    expect(kinds([a.begins(0), a.isToldWhy(1, 'full'), a.hangsUp(2)])).toEqual(['queue_full']);
  });

  it('who leaves by a key, even if the hang-up comes later in the dialplan', () => {
    expect(kinds([a.begins(0), a.joins(0, 'sales'), a.leaves(3), a.wantsToHangUp(5), a.hangsUp(5)])).toEqual([
      'exit_key',
    ]);
  });

  it('who leaves by a key, while the queue is told of again', () => {
    const waiting = [a.begins(0), a.tries(0, 'sales'), a.joins(0, 'sales')];
    const leaving = [a.tries(3, 'sales'), a.leaves(3), a.hangsUp(5)];
    expect(verdictsOf([...waiting, ...leaving])).toMatchObject([{ kind: 'exit_key', queue: 'sales', waitSeconds: 3 }]);
    // The second of two queues may refuse.
    expect(kinds([...waiting, a.abandons(3), a.leaves(3), a.tries(3, 'two'), a.hangsUp(5)])).toEqual(['unavailable']);
  });

  it('whose phones did not answer: any that rang says more than busy, and busy more than unreachable', () => {
    const rung = (...results: DialEnded['result'][]) => [
      a.begins(0),
      ...results.map((_, at) => a.rings(0, `2.${at}`)),
      ...results.map((result, at) => a.hasRung(5, `2.${at}`, result)),
      a.hangsUp(6),
    ];
    expect(kinds(rung('busy'))).toEqual(['busy']);
    expect(kinds(rung('busy', 'no_answer', 'unavailable'))).toEqual(['no_answer']);
    expect(kinds(rung('unavailable', 'busy'))).toEqual(['busy']);
    expect(kinds(rung('unavailable'))).toEqual(['unavailable']);
    expect(kinds([a.begins(0), a.rings(0, '2.1'), a.hangsUp(6)])).toEqual(['no_answer']);
  });

  it('who gives up in a queue while the agent who picked up hears an announcement first', () => {
    const pickedUp = [a.begins(0), a.joins(0, 'sales'), a.rings(0, '2.1'), a.hasRung(1, '2.1', 'answered')];
    const givesUp = [a.wantsToHangUp(4), a.abandons(4), a.hasRung(4, '2.1', 'no_answer'), a.leaves(4), a.hangsUp(4)];
    expect(verdictsOf([...pickedUp, ...givesUp])).toMatchObject([{ kind: 'queue_hangup', waitSeconds: 4 }]);
    expect(kinds([...pickedUp, ...givesUp.filter(({ type }) => type !== 'dial_ended')])).toEqual(['queue_hangup']);
    // The agent hangs up instead, and the caller leaves by a key.
    expect(kinds([...pickedUp, a.hasRung(3, '2.1', 'no_answer'), a.leaves(9), a.hangsUp(9)])).toEqual(['exit_key']);
  });

  it('whose phone is picked up by somebody, or a mailbox, that does not take the call', () => {
    const other = leg('3.1').isBridged(0);
    const pickedUp = [other, a.begins(0), a.rings(0, '2.1'), a.hasRung(1, '2.1', 'answered')];
    expect(kinds([...pickedUp, a.wantsToHangUp(4), a.hangsUp(4)])).toEqual(['no_answer']);
    expect(kinds([...pickedUp, a.hasRung(4, '2.1', 'no_answer'), a.hangsUp(9)])).toEqual(['no_answer']);
    expect(kinds([...pickedUp, a.isBridged(4), a.hangsUp(9)])).toEqual(['inbound']);
  });

  it('of whose phone only the first end counts', () => {
    const twice = [a.hasRung(2, '2.1', 'busy'), a.hasRung(3, '2.1', 'no_answer')];
    expect(kinds([a.begins(0), a.rings(0, '2.1'), ...twice, a.hangsUp(6)])).toEqual(['busy']);
  });

  it('in the way that came last: two queues, then a phone', () => {
    const queues = [
      a.begins(0),
      a.joins(0, 'one'),
      a.abandons(3),
      a.leaves(3),
      a.joins(3, 'two'),
      a.abandons(8),
      a.leaves(8),
    ];
    expect(verdictsOf([...queues, a.hangsUp(9)])).toMatchObject([
      { kind: 'queue_timeout', queue: 'two', waitSeconds: 8 },
    ]);
    const phone = [a.rings(8, '2.1'), a.hasRung(20, '2.1', 'no_answer')];
    expect(verdictsOf([...queues, ...phone, a.hangsUp(30)])).toMatchObject([
      { kind: 'no_answer', queue: 'two', waitSeconds: 20 },
    ]);
  });

  it('not by the agents of a queue who did not pick up', () => {
    const rounds = [a.rings(1, '2.1'), a.hasRung(5, '2.1', 'no_answer'), a.rings(6, '2.2'), a.abandons(8), a.leaves(8)];
    const late = [a.hasRung(8, '2.2', 'no_answer'), a.hasRung(8, '2.2', 'no_answer')];
    expect(kinds([a.begins(0), a.joins(0, 'sales'), ...rounds, ...late, a.hangsUp(9)])).toEqual(['queue_timeout']);
  });

  it('whom nothing served at all', () => {
    expect(verdictsOf([a.begins(0), a.hangsUp(6)])).toMatchObject([
      { kind: 'unavailable', waitSeconds: 6, queue: null },
    ]);
  });

  it('without a number when it is withheld', () => {
    const withheld = { caller: { ...CALLER, isWithheld: true } };
    expect(verdictsOf([a.begins(0, withheld), a.hangsUp(1)])).toMatchObject([{ number: null, name: null }]);
  });

  it('with the number of the moment the call was served: the dialplan changes it later for displays', () => {
    const renamed: LegEvent = {
      type: 'identified',
      legId: '1.1',
      at: START + 2,
      caller: { number: '9', name: 'Sales: Jane', isWithheld: false },
      did: null,
    };
    const events = [a.begins(0), a.joins(1, 'sales'), renamed, a.hangsUp(3)];
    expect(verdictsOf(events)).toMatchObject([{ number: '01632960123', name: 'Jane Doe' }]);
  });
});

describe('a caller is not missed', () => {
  it('whose phone was picked up, where nobody hears when legs are put together', () => {
    const pickedUp = [a.rings(0, '2.1'), a.hasRung(1, '2.1', 'answered')];
    expect(kinds([a.begins(0), ...pickedUp, a.hangsUp(4)])).toEqual(['inbound']);
    expect(kinds([a.begins(0), a.joins(0, 'sales'), ...pickedUp, a.leaves(1), a.hangsUp(4)])).toEqual(['inbound']);
  });

  it('whom an agent answered, and is reached', () => {
    const events = [a.begins(0), a.joins(0, 'sales'), a.leaves(4), a.isConnected(4.5), a.hangsUp(60)];
    expect(verdictsOf(events)).toEqual([
      {
        type: 'reached',
        numbers: ['01632960123'],
        how: 'inbound',
        pbx: 'pbx',
        legId: '1.1',
        did: '0301234501',
        queue: 'sales',
        at: START + 4,
        isOwnAttempt: false,
      },
    ]);
  });

  it('who was given up by one queue and answered in the next', () => {
    const first = [a.begins(0), a.joins(0, 'one'), a.abandons(4), a.leaves(4)];
    expect(kinds([...first, a.joins(4, 'two'), a.leaves(7), a.isConnected(7), a.hangsUp(60)])).toEqual(['inbound']);
  });

  it('because of forks that lost, or a transfer after the answer', () => {
    const forks = [
      a.rings(0, '2.1'),
      a.rings(0, '2.2'),
      a.hasRung(3, '2.2', 'answered'),
      a.hasRung(3, '2.1', 'no_answer'),
    ];
    const lost = leg('2.1', '1.1');
    const others = [lost.begins(0, { direction: 'internal', isIncoming: false }), lost.hangsUp(3)];
    const transfer = [a.rings(40, '3.1'), a.hasRung(50, '3.1', 'no_answer')];
    expect(kinds([a.begins(0), ...forks, ...others, ...transfer, a.hangsUp(60)])).toEqual(['inbound']);
  });

  it('twice, though inner channels of the same call begin where strangers do', () => {
    const [ringing, running] = [leg('1.2', '1.1'), leg('1.3', '1.1')];
    const inner = [ringing.begins(1, { isIncoming: false }), running.begins(1)];
    const queued = [running.joins(1, 'sales'), running.wantsToHangUp(9), running.abandons(9), running.leaves(9)];
    const events = [a.begins(0), ...inner, a.rings(1, '1.2'), a.hasRung(1, '1.2', 'answered'), ...queued];
    // The inner channel was picked up by the dialplan, which then queued it: nobody has answered.
    const verdicts = verdictsOf([...events, running.hangsUp(9), ringing.hangsUp(9), a.hangsUp(9)]);
    expect(verdicts).toMatchObject([{ type: 'missed', legId: '1.3', kind: 'queue_hangup' }]);
  });

  it('when it is one of our own attempts', () => {
    const events = [a.begins(0), a.joins(0, 'sales'), a.abandons(3), a.leaves(3), a.hangsUp(3)];
    expect(verdictsOf(events, { isOwnAttempt: (id) => id === '1.1' })).toEqual([]);
    const second = leg('1.2', '1.1');
    expect(verdictsOf([second.begins(0), second.hangsUp(1)], { isOwnAttempt: (id) => id === '1.1' })).toEqual([]);
  });

  it('before it has hung up, and the events of its other legs could be heard', () => {
    const machine = createMissedCalls({ pbx: 'pbx', graceSeconds: 0.3 });
    for (const event of [a.begins(0), a.joins(0, 'sales'), a.abandons(3), a.leaves(3)]) machine.take(event, event.at);
    expect(machine.tick(START + 500)).toEqual([]);
    machine.take(a.hangsUp(500), START + 500);
    expect(machine.tick(START + 500.2)).toEqual([]);
    expect(machine.tick(START + 500.4)).toHaveLength(1);
    expect(machine.tick(START + 501)).toEqual([]);
  });

  it('any later because the clock was set back', () => {
    const machine = createMissedCalls({ pbx: 'pbx' });
    for (const event of [a.begins(0), a.hangsUp(1)]) machine.take(event, event.at);
    expect(machine.tick(START - 3600)).toHaveLength(1);
  });
});

describe('a number outside is reached', () => {
  const phone = leg('5.1');

  it('by a call that is answered, from any phone', () => {
    const events = [
      phone.begins(0, { direction: 'internal' }),
      phone.rings(1, '5.2'),
      phone.hasRung(6, '5.2', 'answered'),
    ];
    expect(verdictsOf(events)).toMatchObject([
      { type: 'reached', how: 'outbound', numbers: ['200'], legId: '5.1', did: null },
    ]);
  });

  it('and it is said if the dialler did it', () => {
    const events = [phone.rings(1, '5.2'), phone.hasRung(6, '5.2', 'answered')];
    expect(verdictsOf(events, { isOwnAttempt: (id) => id === '5.1' })).toMatchObject([{ isOwnAttempt: true }]);
  });

  it('not by phones that ring within the call of a stranger', () => {
    const inner = leg('1.2', '1.1');
    const events = [
      a.begins(0),
      inner.rings(1, '1.3'),
      inner.hasRung(2, '1.3', 'answered'),
      a.hasRung(2, '1.2', 'answered'),
    ];
    expect(kinds(events)).toEqual(['inbound']);
  });

  it('not by a call that is not answered', () => {
    expect(verdictsOf([phone.rings(1, '5.2'), phone.hasRung(6, '5.2', 'no_answer'), phone.hangsUp(6)])).toEqual([]);
  });
});

describe('the present', () => {
  it('shows who waits, and with whom the line is busy', () => {
    const machine = createMissedCalls({ pbx: 'pbx' });
    const phone = leg('5.1');
    for (const event of [a.begins(0), a.joins(2, 'sales'), phone.rings(3, '5.2')]) machine.take(event, event.at);
    expect(machine.waitingCallers()).toEqual([
      { legId: '1.1', queue: 'sales', number: '01632960123', name: 'Jane Doe', since: START + 2 },
    ]);
    expect(machine.numbersOnLine()).toEqual(['01632960123', '200']);
    for (const event of [a.leaves(4), a.isConnected(4), phone.hasRung(5, '5.2', 'no_answer')])
      machine.take(event, event.at);
    expect(machine.waitingCallers()).toEqual([]);
    expect(machine.numbersOnLine()).toEqual(['01632960123']);
    machine.take(a.hangsUp(6), START + 6);
    expect(machine.numbersOnLine()).toEqual([]);
  });
});

describe('the order of events', () => {
  const [ringing, running, lost] = [leg('1.2', '1.1'), leg('1.3', '1.1'), leg('1.4', '1.1')];
  const phone = leg('5.1');
  /** One list a channel; what happens in them happens at the same time. */
  const channels: LegEvent[][] = [
    [
      a.begins(0),
      a.rings(1, '1.4'),
      a.hasRung(4, '1.4', 'no_answer'),
      a.joins(5, 'sales'),
      a.abandons(9),
      a.leaves(9),
      a.hangsUp(9),
    ],
    [ringing.begins(1, { isIncoming: false }), ringing.hangsUp(9)],
    [
      running.begins(1, { direction: 'internal' }),
      running.rings(2, '1.5'),
      running.hasRung(3, '1.5', 'answered'),
      running.hangsUp(9),
    ],
    [lost.begins(1, { direction: 'internal' }), lost.hangsUp(4)],
    [
      phone.begins(1, { direction: 'internal' }),
      phone.rings(2, '5.2'),
      phone.hasRung(6, '5.2', 'answered'),
      phone.hangsUp(8),
    ],
  ];

  it('does not matter between channels', () => {
    const turns = channels.flatMap((events, channel) => events.map(() => channel));
    const expected = [
      expect.objectContaining({ type: 'missed', legId: '1.1', kind: 'queue_timeout', waitSeconds: 8 }),
      expect.objectContaining({ type: 'reached', legId: '5.1', how: 'outbound' }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(turns, { minLength: turns.length }), (order) => {
        const left = channels.map((events) => [...events]);
        const machine = createMissedCalls({ pbx: 'pbx' });
        for (const channel of order) machine.take(left[channel]?.shift() as LegEvent, START + 10);
        const verdicts = machine.tick(START + 11);
        expect(verdicts.sort((one, other) => (one.type < other.type ? -1 : 1))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('memory', () => {
  it('is bounded when 100,000 legs never hang up, and what was given up is counted', () => {
    const machine = createMissedCalls({ pbx: 'pbx', maxLegs: 1000 });
    for (let n = 0; n < 100_000; n += 1) {
      const one = leg(`9.${n}`);
      machine.take(one.begins(n / 1000), START + n / 1000);
      machine.take(one.rings(n / 1000, `8.${n}`), START + n / 1000);
    }
    expect(machine.counts()).toEqual({ legs: 1000, lost: 99_000 });
    expect(machine.numbersOnLine().length).toBeLessThanOrEqual(1000);
  });

  it('holds nothing of calls that are over', () => {
    const machine = createMissedCalls({ pbx: 'pbx' });
    for (let n = 0; n < 20_000; n += 1) {
      const one = leg(`9.${n}`);
      for (const event of [one.begins(n), one.hangsUp(n)]) machine.take(event, START + n);
      machine.tick(START + n);
    }
    expect(machine.tick(START + 30_000)).toHaveLength(1);
    expect(machine.counts()).toEqual({ legs: 0, lost: 0 });
  });
});
