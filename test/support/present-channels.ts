import { createAmiFraming } from '../../src/pbx/asterisk/ami-framing.ts';
import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';

interface Channel {
  uniqueid: string;
  linkedid: string;
  channel: string;
  state: string;
  context: string;
  exten: string;
  number: string;
  name: string;
  beganAt: number;
  bridge: string;
  queue: { name: string; joinedAt: number } | undefined;
}

/** Keeps the channels of a PBX by its own events, and lists them as it would. Knows nothing of how the service reads them. */
export class PresentChannels {
  #channels = new Map<string, Channel>();

  take(message: AmiMessage, at: number): void {
    const uniqueid = message.get('Uniqueid') ?? '';
    if (message.event === 'Newchannel') this.#channels.set(uniqueid, channelOf(message, at));
    const channel = this.#channels.get(uniqueid);
    if (channel === undefined) return;
    const told = (name: string, before: string) => message.get(name) ?? before;
    channel.state = told('ChannelState', channel.state);
    channel.context = told('Context', channel.context);
    channel.exten = told('Exten', channel.exten);
    channel.linkedid = told('Linkedid', channel.linkedid);
    channel.number = told('CallerIDNum', channel.number);
    channel.name = told('CallerIDName', channel.name);
    switch (message.event) {
      case 'QueueCallerJoin':
        channel.queue = { name: message.get('Queue') ?? '', joinedAt: at };
        break;
      case 'QueueCallerLeave':
        channel.queue = undefined;
        break;
      case 'BridgeEnter':
        channel.bridge = message.get('BridgeUniqueid') ?? '';
        break;
      case 'BridgeLeave':
        channel.bridge = '';
        break;
      case 'Hangup':
        this.#channels.delete(uniqueid);
    }
  }

  /** The process ended. */
  clear(): void {
    this.#channels.clear();
  }

  /** Items of QueueStatus. */
  queueStatus(now: number): string[][] {
    const waiting = [...this.#channels.values()].filter(({ queue }) => queue !== undefined);
    const names = [...new Set(waiting.map(({ queue }) => queue?.name ?? ''))];
    return names.flatMap((name) => {
      const callers = waiting.filter(({ queue }) => queue?.name === name);
      return [
        ['Event: QueueParams', `Queue: ${name}`, 'Max: 0', `Calls: ${callers.length}`, 'Abandoned: 0'],
        ...callers.map(({ channel, uniqueid, number, name: caller, queue }, index) => [
          'Event: QueueEntry',
          `Queue: ${name}`,
          `Position: ${index + 1}`,
          `Channel: ${channel}`,
          `Uniqueid: ${uniqueid}`,
          `CallerIDNum: ${number}`,
          `CallerIDName: ${caller}`,
          `Wait: ${Math.floor(now - (queue?.joinedAt ?? now))}`,
          'Priority: 0',
        ]),
      ];
    });
  }

  /** Items of CoreShowChannels. */
  coreShowChannels(now: number): string[][] {
    return [...this.#channels.values()].map((channel) => [
      'Event: CoreShowChannel',
      `Channel: ${channel.channel}`,
      `ChannelState: ${channel.state}`,
      `CallerIDNum: ${channel.number}`,
      `CallerIDName: ${channel.name}`,
      `Context: ${channel.context}`,
      `Exten: ${channel.exten}`,
      'Priority: 1',
      `Uniqueid: ${channel.uniqueid}`,
      `Linkedid: ${channel.linkedid}`,
      `Application: ${channel.queue === undefined ? 'Wait' : 'Queue'}`,
      `ApplicationData: ${channel.queue?.name ?? '60'}`,
      `Duration: ${durationOf(Math.floor(now - channel.beganAt))}`,
      `BridgeId: ${channel.bridge}`,
    ]);
  }
}

/** A message and its bytes, with the blank line behind it. */
export interface SaidMessage {
  message: AmiMessage;
  bytes: Buffer;
}

/** Cuts bytes without a banner at their blank lines; what is behind the last is left out. */
export function messagesOf(bytes: Buffer): SaidMessage[] {
  const said: SaidMessage[] = [];
  let start = 0;
  for (let end = bytes.indexOf('\r\n\r\n'); end >= 0; end = bytes.indexOf('\r\n\r\n', start)) {
    const piece = bytes.subarray(start, end + 4);
    start = end + 4;
    const framing = createAmiFraming();
    framing.push(Buffer.from('banner\r\n'));
    const [message] = framing.push(piece);
    if (message !== undefined) said.push({ message, bytes: piece });
  }
  return said;
}

function channelOf(message: AmiMessage, at: number): Channel {
  const get = (name: string) => message.get(name) ?? '';
  return {
    ...{ uniqueid: get('Uniqueid'), linkedid: get('Linkedid'), channel: get('Channel'), state: get('ChannelState') },
    ...{ context: get('Context'), exten: get('Exten'), number: get('CallerIDNum'), name: get('CallerIDName') },
    ...{ beganAt: at, bridge: '', queue: undefined },
  };
}

function durationOf(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
