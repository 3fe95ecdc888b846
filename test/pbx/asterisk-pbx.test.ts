import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MissedCall, Verdict } from '../../src/core/call-verdict.ts';
import type { LegEvent } from '../../src/core/leg-event.ts';
import { createAmiMessage } from '../../src/pbx/asterisk/ami-message.ts';
import { EVENTS_READ, legEventOf } from '../../src/pbx/asterisk/asterisk-pbx.ts';
import { INBOUND_CONTEXTS } from '../../src/pbx/asterisk/inbound-contexts.ts';
import { recordingNames } from '../support/ami-recordings.ts';
import { expectedOutcomes, recordedLegEvents, verdictsOf } from '../support/asterisk-replay.ts';

/** Ids that the recordings' own client gave to the calls that it made. */
const ownAttempts = new Set(['cb-queue-1', 'cb-bridge-1']);
const isOwnAttempt = (id: string) => ownAttempts.has(id);

/** Of 07b: the dialplan raises an event and hangs up. */
const UNSERVED = new Set(['1795466070.356']);

const missedOf = (verdicts: readonly Verdict[]) => verdicts.filter((verdict) => verdict.type === 'missed');
const replay = (name: string) => verdictsOf(recordedLegEvents(name), { isOwnAttempt });

function missedIn(name: string): MissedCall {
  const missed = missedOf(replay(name));
  expect(missed).toHaveLength(1);
  return missed[0] as MissedCall;
}

const settings = { inboundContexts: new Set<string>(INBOUND_CONTEXTS) };
const message = (...lines: string[]) => createAmiMessage(lines.join('\r\n'), 0);
const eventOf = (...lines: string[]) => legEventOf(message(...lines), 5, settings);

describe('the recorded calls', () => {
  const sessions = [...new Set(expectedOutcomes.map(({ session }) => session))];

  it('are there', () => {
    expect(expectedOutcomes.length).toBeGreaterThan(30);
    expect(sessions.every((session) => recordingNames.includes(session))).toBe(true);
  });

  it.each(sessions)('come to what they came to: %s', (session) => {
    const verdicts = replay(session);
    const expected = expectedOutcomes.filter((outcome) => outcome.session === session);
    const missed = expected
      .filter(({ outcome }) => outcome === 'missed')
      .map(({ legId, number, queues }) => ({
        legId,
        // One is withheld by its presentation only, which the table does not look at.
        number: number === '<unknown>' || session.startsWith('02h') ? null : number,
        queue: queues === '' ? null : queues,
      }));
    // The table has only callers who were queued or for whom a phone rang.
    const served = missedOf(verdicts).filter(({ legId }) => !UNSERVED.has(legId));
    const byLeg = (one: { legId: string }, other: { legId: string }) => (one.legId < other.legId ? -1 : 1);
    expect(served.map(({ legId, number, queue }) => ({ legId, number, queue })).sort(byLeg)).toEqual(
      missed.sort(byLeg),
    );
    for (const { legId, number, outcome } of expected) {
      if (outcome === 'missed' || isOwnAttempt(legId)) continue;
      expect(verdicts).toContainEqual(
        expect.objectContaining({ type: 'reached', legId, how: 'inbound', numbers: [number] }),
      );
    }
  });

  it.each(recordingNames.filter((name) => !sessions.includes(name)))('are nobody missed but strangers: %s', (name) => {
    const strangers: Record<string, string[]> = {
      // The PBX stops with a caller in the queue.
      '01g-core-restart-now': ['+493023125059'],
      // Neither a queue that refuses nor a telephone that is not there has events of its own: the call itself shows them.
      '04b-queue-join-refused-empty': ['+493023125009'],
      '05f-dial-unavailable': ['+493023125020'],
      // An announcement is no answer.
      '07c-long-values': ['+493023125040'],
    };
    expect(missedOf(replay(name)).map(({ number }) => number)).toEqual(strangers[name] ?? []);
  });

  it.each([
    ['02a-queue-abandon', 'queue_hangup', 7],
    ['02c-queue-abandon-never-answered', 'queue_hangup', null],
    ['02g-queue-abandon-presentation-prohibited', 'queue_hangup', null],
    ['04a-queue-timeout', 'queue_timeout', 4],
    ['04d-queue-timeout-userevent', 'queue_timeout', 3],
    ['04b-queue-join-refused-empty', 'queue_empty', null],
    ['04e-queue-caller-redirected-out', 'queue_timeout', null],
    ['04g-queue-exit-key', 'exit_key', null],
    ['04h-queue-withdraw', 'queue_timeout', null],
    ['05a-dial-noanswer', 'no_answer', 4],
    ['05b-dial-busy', 'busy', null],
    ['05c-dial-congestion', 'unavailable', null],
    ['05d-dial-caller-cancels', 'no_answer', 3],
    ['05f-dial-unavailable', 'unavailable', null],
    ['05h-dial-declined', 'no_answer', null],
    // Without HangupRequest, which the filter holds back, nobody can tell who gave up.
    ['02e-queue-abandon-event-filter', 'queue_timeout', null],
  ])('are missed in the way they were: %s is %s', (name, kind, wait) => {
    const missed = missedIn(name);
    expect(missed.kind).toBe(kind);
    if (wait !== null) expect(Math.abs(missed.waitSeconds - wait)).toBeLessThanOrEqual(1);
  });

  it('call every abandon by its kind of the table', () => {
    for (const { session, legId, abandonKind } of expectedOutcomes) {
      if (abandonKind === '') continue;
      const missed = missedOf(replay(session)).find((verdict) => verdict.legId === legId);
      expect([session, missed?.kind]).toEqual([session, abandonKind === 'hung up' ? 'queue_hangup' : 'queue_timeout']);
    }
  });

  it('name the queue that refused, where the dialplan is shown', () => {
    expect(missedIn('04b-queue-join-refused-empty').queue).toBe('empty-queue');
  });

  it('tell the number that was dialled, by the extension or by what the administrator shows', () => {
    expect(missedIn('02a-queue-abandon').did).toBe('0301234501');
    expect(missedIn('04g-queue-exit-key').did).toBe('0301234516');
    const shown = recordedLegEvents('07f-timestampevents-and-channelvars').find(({ type }) => type === 'queue_joined');
    expect(shown).toMatchObject({ did: '0301234501' });
  });

  it('tell no number for the extension of a trunk that names none', () => {
    for (const shown of ['Exten: s', 'ChanVariable: CALLERID(dnid)=s']) {
      expect(eventOf('Event: Newchannel', 'Uniqueid: 1.1', 'Context: from-trunk', shown)).toMatchObject({ did: null });
    }
  });

  it('take the time that the PBX stamps on its events', () => {
    expect(missedIn('07f-timestampevents-and-channelvars')).toMatchObject({ beganAt: 1_795_466_343, waitSeconds: 2 });
  });

  it('show a withheld number to nobody', () => {
    expect(missedIn('02f-queue-abandon-withheld-number').number).toBeNull();
    expect(missedIn('02h-queue-abandon-presentation-shown-by-channelvars').number).toBeNull();
    // The network delivered it and nothing in the events says that it should not be shown.
    expect(missedIn('02g-queue-abandon-presentation-prohibited').number).toBe('+493023125017');
  });

  it('give names as people write them', () => {
    const names = missedOf(replay('07b-odd-caller-names')).map(({ name }) => name);
    expect(names[0]).toBe('Жанна Müller-Lüdenscheidt 🎉');
    expect(names[1]).toBe("O'Brien, Pat: x=y; z");
    expect(names[2]).toMatch(/^a{190,200}$/);
    expect(names).toContain('Müller Jörg');
    expect(names).toContain('Jane Doe Event: Fake');
  });

  it('make no row of our own attempts', () => {
    for (const name of recordingNames.filter((name) => name.startsWith('06')))
      expect(missedOf(replay(name))).toEqual([]);
  });
});

describe('an answered call to the outside', () => {
  const dial = [
    'Channel: PJSIP/200-00000001',
    'CallerIDNum: 200',
    'Context: macro-dialout-trunk',
    'Exten: s',
    'Uniqueid: 1795465604.1',
    'Linkedid: 1795465604.1',
    'DestChannel: PJSIP/trunk-00000002',
    'DestCallerIDNum: 01632960123',
    'DestContext: from-pstn',
    'DestUniqueid: 1795465604.2',
  ];
  const began = (id: string, context: string, channel: string) =>
    eventOf(
      'Event: Newchannel',
      `Channel: ${channel}`,
      'ChannelState: 0',
      `Context: ${context}`,
      'Exten: s',
      `Uniqueid: ${id}`,
      'Linkedid: 1795465604.1',
    );
  const answered = [
    eventOf('Event: DialBegin', ...dial, 'DialString: 901632960123@trunk'),
    eventOf('Event: DialEnd', ...dial, 'DialStatus: ANSWER'),
  ].filter((event) => event !== undefined);

  it('reaches the number in every form in which it shows', () => {
    const trunk = began('1795465604.2', 'from-pstn', 'PJSIP/trunk-00000002');
    expect(trunk).toMatchObject({ type: 'began', direction: 'outbound' });
    const verdicts = verdictsOf([...(trunk ? [trunk] : []), ...answered]);
    expect(verdicts).toEqual([
      expect.objectContaining({ type: 'reached', how: 'outbound', numbers: ['901632960123', '01632960123'] }),
    ]);
  });

  it('is none when the PBX calls itself', () => {
    const inner = began('1795465604.2', 'from-pstn', 'Local/01632960123@from-pstn-00000001;1');
    expect(verdictsOf([...(inner ? [inner] : []), ...answered])).toEqual([]);
    expect(verdictsOf(answered)).toEqual([]);
  });

  it('is none when an order to dial made it, which names no channel', () => {
    expect(eventOf('Event: DialEnd', 'DestUniqueid: 1.2', 'DestContext: phones', 'DialStatus: ANSWER')).toBeUndefined();
  });

  it('makes no missed call of its leg towards the trunk', () => {
    const trunk = began('1795465604.2', 'from-pstn', 'PJSIP/trunk-00000002');
    const hungUp = eventOf('Event: Hangup', 'Uniqueid: 1795465604.2');
    expect(verdictsOf([trunk, hungUp].filter((event) => event !== undefined))).toEqual([]);
  });
});

describe('a trunk of chan_sip', () => {
  const snapshot = (event: string, state: string, id: string, ...more: string[]) =>
    eventOf(
      `Event: ${event}`,
      'Channel: SIP/trunk-00000001',
      `ChannelState: ${state}`,
      'CallerIDNum: 01632960123',
      'Context: from-trunk',
      `Uniqueid: ${id}`,
      ...more,
    );
  const only = (...events: (LegEvent | undefined)[]) => verdictsOf(events.filter((event) => event !== undefined));

  it('shows by its second event that a call comes in, since all its channels begin alike', () => {
    const hungUp = eventOf('Event: Hangup', 'Uniqueid: 1.1');
    const exten = 'Exten: 0301234501';
    const began = snapshot('Newchannel', '0', '1.1', exten);
    expect(only(began, snapshot('Newstate', '4', '1.1', exten), hungUp)).toMatchObject([
      { type: 'missed', legId: '1.1', number: '01632960123', did: '0301234501' },
    ]);
    // Towards the trunk it goes on to be ringing, at the other end.
    expect(only(began, snapshot('Newstate', '5', '1.1', 'Exten: s'), hungUp)).toEqual([]);
  });

  it('is not taken twice by a driver that says it at once', () => {
    const began = snapshot('Newchannel', '4', '1.1', 'Exten: 0301234501');
    const rings = snapshot('Newstate', '4', '1.1', 'Exten: 0301234501');
    expect(only(began, rings, eventOf('Event: Hangup', 'Uniqueid: 1.1'))).toHaveLength(1);
  });
});

describe('an event of the manager port', () => {
  it('never fails, whatever it holds, nor holds more than there is use for', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('4', '0', 'from-trunk', 'Queue', '1.1', 'a\\'),
    );
    const long = 'x'.repeat(5000);
    const headers = [
      'Uniqueid',
      'Linkedid',
      'Channel',
      'ChannelState',
      'Context',
      'Exten',
      'CallerIDNum',
      'CallerIDName',
    ];
    headers.push(
      'Queue',
      'Application',
      'AppData',
      'DestUniqueid',
      'DialString',
      'ChanVariable',
      'Timestamp',
      'DialStatus',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...EVENTS_READ),
        fc.array(fc.tuple(fc.constantFrom(...headers), value)),
        (name, said) => {
          const event = eventOf(`Event: ${name}`, ...said.map(([header, text]) => `${header}: ${text}`));
          if (event !== undefined) verdictsOf([event]);
        },
      ),
      { numRuns: 2000 },
    );
    for (const name of EVENTS_READ) {
      const event = eventOf(
        `Event: ${name}`,
        'Uniqueid: 1.1',
        ...headers.slice(1).map((header) => `${header}: ${long}`),
      );
      expect(JSON.stringify(event ?? '').length).toBeLessThan(1500);
    }
    expect(eventOf('Event: Hangup', `Uniqueid: ${long}`)).toBeUndefined();
  });

  it('says nothing when it is of no interest, or broken', () => {
    expect(eventOf('Event: Cdr', 'Uniqueid: 1.2')).toBeUndefined();
    expect(eventOf('Event: Hangup')).toBeUndefined();
    expect(eventOf('Event: Hangup', 'Uniqueid: ')).toBeUndefined();
    expect(eventOf('Response: Success', 'Uniqueid: 1.2')).toBeUndefined();
    expect(eventOf('Event: constructor', 'Uniqueid: 1.2')).toBeUndefined();
    expect(eventOf('Event: Newchannel', 'Uniqueid: 1.2', 'Timestamp: soon')).toMatchObject({ at: 5, callId: '1.2' });
  });

  it('holds a word instead of a number when the trunk withholds it', () => {
    const event = eventOf('Event: NewCallerid', 'Uniqueid: 1.2', 'CallerIDNum: anonymous', 'CallerIDName: Anonymous');
    expect(event).toMatchObject({ type: 'identified', caller: { number: null, isWithheld: true } });
  });

  it('names no extension as dialled in which the dialplan only goes on', () => {
    const event = eventOf('Event: Newchannel', 'Uniqueid: 1.2', 'Context: from-pstn', 'Exten: s', 'ChannelState: 4');
    expect(event).toMatchObject({ direction: 'inbound', isIncoming: true, did: null });
  });
});
