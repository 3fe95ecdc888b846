import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { AmiRefusedError } from '../../src/pbx/asterisk/ami-errors.ts';
import { createAmiMessage } from '../../src/pbx/asterisk/ami-message.ts';
import { presentLegs } from '../../src/pbx/asterisk/present-legs.ts';
import { createPresentLists } from '../../src/pbx/asterisk/present-lists.ts';
import { RECORDED_SETTINGS, recordedMessages } from '../support/asterisk-replay.ts';

const NOW = 1_795_466_175;

function recorded() {
  const messages = recordedMessages('07e-event-lists').map(({ message }) => message);
  return {
    queueStatus: messages.filter((message) => message.get('ActionID') === 'list-QueueStatus'),
    channels: messages.filter((message) => message.get('ActionID') === 'list-CoreShowChannels'),
  };
}

describe('the lists of what is up', () => {
  it('tell who waits in which queue, since when, and of which call', () => {
    const legs = presentLegs(recorded(), NOW, RECORDED_SETTINGS);
    expect(legs).toContainEqual({
      legId: '1795466172.7',
      callId: '1795466172.4',
      isInbound: true,
      isConnected: false,
      queue: 'test-queue',
      since: NOW - 3,
      caller: { number: '+493023125055', name: 'Jane Doe', isWithheld: false },
      did: '0301234501',
    });
    expect(legs.filter(({ queue }) => queue !== null).map(({ queue }) => queue)).toEqual(
      expect.arrayContaining(['test-queue', 'other-queue']),
    );
    // The other ends of the callers' channels are up as well, and are no callers.
    expect(legs).toContainEqual(expect.objectContaining({ legId: '1795466172.4', isInbound: false, queue: null }));
  });

  it('do without the list of channels, which a user may lack the right for', () => {
    const { queueStatus } = recorded();
    expect(presentLegs({ queueStatus, channels: [] }, NOW, RECORDED_SETTINGS)).toContainEqual(
      expect.objectContaining({ legId: '1795466172.7', callId: null, queue: 'test-queue', did: null }),
    );
  });

  it('tell of a caller in a queue that the number is withheld, which only the channel shows', () => {
    const entry = ['Event: QueueEntry', 'Queue: sales', 'Uniqueid: 1.1', 'CallerIDNum: +441632960680', 'Wait: 3'];
    const channel = [
      ...['Event: CoreShowChannel', 'ChannelState: 6', 'CallerIDNum: +441632960680', 'Context: from-trunk'],
      ...['Exten: 441632960100', 'Uniqueid: 1.1', 'ChanVariable: CALLERID(dnid)='],
      ...['ChanVariable: CALLERID(num-pres)=prohib', 'Application: Queue', 'BridgeId: '],
    ];
    const [queueStatus, channels] = [entry, channel].map((lines) => [createAmiMessage(lines.join('\r\n'), 0)]);
    expect(presentLegs({ queueStatus: queueStatus ?? [], channels: channels ?? [] }, NOW, RECORDED_SETTINGS)).toEqual([
      expect.objectContaining({ queue: 'sales', caller: expect.objectContaining({ isWithheld: true }) }),
    ]);
  });

  it('tell who talks, and pass over channels that are only rung', () => {
    const channel = (...lines: string[]) => createAmiMessage(['Event: CoreShowChannel', ...lines].join('\r\n'), 0);
    const channels = [
      channel('Uniqueid: 1.1', 'ChannelState: 6', 'Context: from-trunk', 'BridgeId: 7', 'Duration: 01:00:03'),
      channel('Uniqueid: 1.2', 'ChannelState: 5', 'Context: from-trunk', 'BridgeId: '),
      channel('ChannelState: 5'),
    ];
    expect(presentLegs({ queueStatus: [], channels }, NOW, RECORDED_SETTINGS)).toMatchObject([
      { legId: '1.1', isInbound: true, isConnected: true, since: NOW - 3603 },
      { legId: '1.2', isInbound: false, isConnected: false, since: NOW },
    ]);
  });

  it('are asked for again when the PBX is shutting down, and tell nothing by being refused', () => {
    const lists = createPresentLists(RECORDED_SETTINGS, pino({ level: 'silent' }));
    const refused = (action: string, answer: string) =>
      lists.take({ kind: 'list', action, at: NOW, result: { error: new AmiRefusedError(action, answer) } });
    expect(refused('QueueStatus', 'Asterisk is shutting down')).toBe('unanswered');
    expect(lists.isComplete()).toBe(true);
    expect(refused('QueueStatus', 'Invalid/unknown command')).toBeUndefined();
    expect(refused('CoreShowChannels', 'Permission denied')).toEqual([]);
    expect(lists.isComplete()).toBe(false);
  });
});
