import { describe, expect, it } from 'vitest';
import { createMissedCalls } from '../../src/core/missed-calls.ts';
import { createQueueLogEvents, parseQueueLogLine, type QueueLogLine } from '../../src/pbx/asterisk/queue-log.ts';

const T = 1_795_465_000;
const lines = (text: string): QueueLogLine[] =>
  text
    .trim()
    .split('\n')
    .map((line) => parseQueueLogLine(line.trim()))
    .filter((line) => line !== undefined);

/** What the machine makes of a record alone, with nobody there any more. */
function verdictsOf(text: string) {
  const machine = createMissedCalls({ pbx: 'pbx' });
  const events = createQueueLogEvents();
  for (const line of lines(text)) for (const event of events.take(line)) machine.recall(event, T + 1000);
  machine.resynchronise({ pbx: 'pbx', pbxStartedAt: null, present: [], askedAt: T + 1000, lostAt: T }, T + 1000);
  return machine.tick(T + 1001);
}

describe('a line of queue_log', () => {
  it('is read by its places', () => {
    expect(parseQueueLogLine(`${T}|1795465604.5|test-queue|NONE|ENTERQUEUE||+493023125001|1`)).toEqual({
      at: T,
      legId: '1795465604.5',
      queue: 'test-queue',
      event: 'ENTERQUEUE',
      data: ['', '+493023125001', '1'],
    });
    expect(parseQueueLogLine(`${T}.123456|1.1|q|NONE|ABANDON|1|1|7`)?.at).toBe(T);
  });

  it.each([
    '',
    '|',
    'NONE|NONE',
    '465604|1.1|q|NONE|ABANDON',
    `${T}|1.1|q|NONE`,
    `${T}||q|NONE|ABANDON`,
    'x'.repeat(100),
  ])('is nothing when it is none: %s', (text) => {
    expect(parseQueueLogLine(text)).toBeUndefined();
  });
});

describe('calls that only queue_log knows', () => {
  it('are missed in the way in which they left the queue', () => {
    const verdicts = verdictsOf(`
      ${T}|NONE|NONE|NONE|QUEUESTART|
      ${T + 1}|1.1|sales|NONE|DID|0301234501
      ${T + 1}|1.1|sales|NONE|ENTERQUEUE||01632960101|1
      ${T + 2}|1.2|sales|NONE|ENTERQUEUE||01632960102|2
      ${T + 3}|1.3|sales|NONE|ENTERQUEUE||01632960103|3
      ${T + 4}|1.4|sales|NONE|ENTERQUEUE||anonymous|4
      ${T + 5}|1.1|sales|Agent One|RINGNOANSWER|4000
      ${T + 9}|1.1|sales|NONE|ABANDON|1|1|8
      ${T + 12}|1.2|sales|NONE|EXITWITHTIMEOUT|1|2|10
      ${T + 13}|1.3|sales|NONE|EXITWITHKEY|1|1|3|10
      ${T + 14}|1.4|sales|NONE|EXITEMPTY|1|4|10
      ${T + 15}|1.5|sales|NONE|ENTERQUEUE||01632960105|1
      ${T + 18}|1.5|sales|NONE|WITHDRAW|1|1|3|`);
    expect(verdicts).toMatchObject([
      {
        legId: '1.1',
        number: '01632960101',
        did: '0301234501',
        kind: 'queue_hangup',
        waitSeconds: 8,
        isInferred: false,
      },
      { legId: '1.2', number: '01632960102', did: null, kind: 'queue_timeout', endedAt: T + 12, isInferred: true },
      { legId: '1.3', kind: 'exit_key' },
      { legId: '1.4', number: null, kind: 'queue_empty' },
      { legId: '1.5', kind: 'queue_timeout', waitSeconds: 3 },
    ]);
  });

  it('are reached when an agent took them, by whichever line of it there is', () => {
    const verdicts = verdictsOf(`
      ${T + 1}|1.1|sales|NONE|ENTERQUEUE||01632960101|1
      ${T + 4}|1.1|sales|Agent One|CONNECT|3|1.9|2
      ${T + 9}|1.1|sales|Agent One|COMPLETECALLER|3|5|1
      ${T + 1}|1.2|sales|NONE|ENTERQUEUE||01632960102|1
      ${T + 9}|1.2|sales|Agent One|COMPLETEAGENT|3|5|1`);
    expect(verdicts).toMatchObject([
      { type: 'reached', legId: '1.1', numbers: ['01632960101'], at: T + 4 },
      { type: 'reached', legId: '1.2', at: T + 9 },
    ]);
  });

  it('are missed though their last line is lost', () => {
    expect(verdictsOf(`${T + 1}|1.1|sales|NONE|ENTERQUEUE||01632960101|1`)).toMatchObject([
      { type: 'missed', kind: 'queue_hangup', isInferred: true },
    ]);
  });

  it('are known again when the record is read on after a restart', () => {
    const before = createQueueLogEvents();
    for (const line of lines(`
      ${T + 1}|1.1|sales|NONE|DID|0301234501
      ${T + 1}|1.1|sales|NONE|ENTERQUEUE||01632960101|1
      ${T + 1}|1.2|sales|NONE|ENTERQUEUE||01632960102|1
      ${T + 5}|1.2|sales|NONE|ABANDON|1|1|4`)) {
      before.take(line);
    }
    const stored = JSON.parse(JSON.stringify(before.queued()));
    expect(stored).toEqual([{ legId: '1.1', at: T + 1, queue: 'sales', number: '01632960101', did: '0301234501' }]);
    const after = createQueueLogEvents(stored);
    const machine = createMissedCalls({ pbx: 'pbx' });
    const told = [...after.waiting(), ...lines(`${T + 9}|1.1|sales|NONE|ABANDON|1|1|8`).flatMap(after.take)];
    for (const event of told) machine.recall(event, T + 1000);
    machine.resynchronise({ pbx: 'pbx', pbxStartedAt: null, present: [], askedAt: T + 1000, lostAt: null }, T + 1000);
    expect(machine.tick(T + 1001)).toMatchObject([{ legId: '1.1', did: '0301234501', waitSeconds: 8 }]);
    expect(after.queued()).toEqual([]);
  });

  it('are forgotten when the PBX starts anew, as nothing will tell of their end', () => {
    const events = createQueueLogEvents();
    for (const line of lines(`
      ${T + 1}|1.1|sales|NONE|ENTERQUEUE||01632960101|1
      ${T + 9}|NONE|NONE|NONE|QUEUESTART|
      ${T + 9}|9.0|sales|NONE|ENTERQUEUE||01632960102|1`)) {
      events.take(line);
    }
    expect(events.queued().map(({ legId }) => legId)).toEqual(['9.0']);
  });

  it('take bounded memory though nobody ever leaves', () => {
    const events = createQueueLogEvents();
    for (let n = 0; n < 30_000; n += 1) {
      events.take({ at: T, legId: `1.${n}`, queue: 'sales', event: 'DID', data: ['0301234501'] });
      events.take({ at: T, legId: `1.${n}`, queue: 'sales', event: 'ENTERQUEUE', data: ['', '01632960101', '1'] });
    }
    expect(events.queued()).toHaveLength(10_000);
    expect(events.queued().at(-1)?.legId).toBe('1.29999');
  });
});
