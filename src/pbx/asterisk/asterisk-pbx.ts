import type { Caller, DialEnded, EventTime, LegBegan, LegEvent } from '../../core/leg-event.ts';
import type { AmiMessage } from './ami-message.ts';
import { printable, readCaller, readDid } from './caller-id.ts';
import { dialledNumbers } from './dialled-numbers.ts';

/** What of an AMI message it takes to read it. */
export type AmiHeaders = Pick<AmiMessage, 'event' | 'get' | 'all'>;

export interface AsteriskSettings {
  /** Contexts in which the calls of strangers begin. */
  inboundContexts: ReadonlySet<string>;
}

/** The events that mean something here: what an event filter of manager.conf may not hold back. */
export const EVENTS_READ = [
  'Newchannel',
  'Newstate',
  'NewCallerid',
  'Newexten',
  'VarSet',
  'QueueCallerJoin',
  'QueueCallerAbandon',
  'QueueCallerLeave',
  'AgentConnect',
  'DialBegin',
  'DialEnd',
  'BridgeEnter',
  'HangupRequest',
  'Hangup',
] as const;

/**
 * What an event of the manager port says of a leg; undefined when it says nothing. Never throws, whatever the message
 * holds.
 * @param receivedAt used unless the PBX stamps its events (`timestampevents` of manager.conf)
 */
export function legEventOf(
  message: AmiHeaders,
  receivedAt: EventTime,
  settings: AsteriskSettings,
): LegEvent | undefined {
  // Most events are passed over for their name, before any of their headers is looked at.
  const read = message.event === undefined ? undefined : READERS.get(message.event);
  if (read === undefined) return undefined;
  const legId = message.get('Uniqueid');
  // A dial without a channel was made by an order to dial, not by somebody's leg.
  if (legId === undefined || legId === '' || legId.length > LONGEST_ID) return undefined;
  return read({ message, legId, at: stampOf(message) ?? receivedAt, settings });
}

/** A channel id given by an order to dial has 149 characters at most, and the system's name may stand before others. */
const LONGEST_ID = 300;

const LONGEST_QUEUE = 128;

interface Reading {
  message: AmiHeaders;
  legId: string;
  at: EventTime;
  settings: AsteriskSettings;
}

const READERS: ReadonlyMap<string, (reading: Reading) => LegEvent | undefined> = new Map([
  ['Newchannel', began],
  ['Newstate', cameIn],
  ['NewCallerid', ({ message, legId, at }) => ({ type: 'identified', legId, at, ...who(message) })],
  ['Newexten', queueTried],
  ['VarSet', queueEnded],
  ['QueueCallerJoin', queueJoined],
  // Raised as well when the queue gives up: that nobody answered is all it says.
  ['QueueCallerAbandon', ({ legId, at }) => ({ type: 'queue_abandoned', legId, at })],
  ['QueueCallerLeave', ({ legId, at }) => ({ type: 'queue_left', legId, at })],
  ['AgentConnect', ({ legId, at }) => ({ type: 'agent_connected', legId, at })],
  ['DialBegin', (reading) => ({ type: 'dial_began', ...dial(reading) })],
  ['DialEnd', (reading) => ({ type: 'dial_ended', ...dial(reading), result: dialResult(reading.message) })],
  ['BridgeEnter', ({ legId, at }) => ({ type: 'bridged', legId, at })],
  ['HangupRequest', ({ legId, at }) => ({ type: 'hangup_requested', legId, at })],
  ['Hangup', ({ legId, at }) => ({ type: 'hung_up', legId, at })],
] satisfies [string, (reading: Reading) => LegEvent | undefined][]);

/** `Timestamp: 1795466343.123456`, in every event or in none. */
function stampOf(message: AmiHeaders): EventTime | undefined {
  const stamp = Number(message.get('Timestamp') ?? Number.NaN);
  return stamp > 0 && stamp < 1e11 ? stamp : undefined;
}

/** `ChannelState` of a channel that is about to be rung, and of one that comes in and wants to be answered. */
const DOWN = '0';
const RING = '4';

function began({ message, legId, at, settings }: Reading): LegBegan {
  const isDown = message.get('ChannelState') === DOWN;
  const isInbound = settings.inboundContexts.has(message.get('Context') ?? '');
  return {
    type: 'began',
    legId,
    at,
    callId: callIdOf(message, legId),
    // A leg that the PBX makes towards a trunk also begins in the context of that trunk, though it never runs there. Only
    // the channels of technology Local do, by one of their two ends.
    direction: !isInbound ? 'internal' : isDown && !isLocal(message.get('Channel')) ? 'outbound' : 'inbound',
    isIncoming: !isDown,
    ...who(message),
  };
}

/** Of chan_sip, whose channels all begin as Down: those that come in ring at once, those that are rung never do. */
function cameIn({ message, legId, at, settings }: Reading): LegEvent | undefined {
  if (message.get('ChannelState') !== RING || !settings.inboundContexts.has(message.get('Context') ?? ''))
    return undefined;
  return { type: 'came_in', legId, at, callId: callIdOf(message, legId), ...who(message) };
}

function callIdOf(message: AmiHeaders, legId: string): string {
  return message.get('Linkedid')?.slice(0, LONGEST_ID) || legId;
}

function isLocal(channel: string | undefined): boolean {
  return channel?.startsWith('Local/') === true;
}

function who(message: AmiHeaders): { caller: Caller; did: string | null } {
  return { caller: readCaller(message), did: readDid(message) };
}

/** Of the class `dialplan`, which not every user reads: `Queue(name,…)` is about to be run. */
function queueTried({ message, legId, at }: Reading): LegEvent | undefined {
  if (message.get('Application') !== 'Queue') return undefined;
  const queue = queueName((message.get('AppData') ?? '').split(',', 1)[0]);
  return queue === '' ? undefined : { type: 'queue_tried', legId, at, queue };
}

function queueJoined({ message, legId, at }: Reading): LegEvent {
  // The extension may have changed since the call began: here only what the administrator has shown is the number dialled.
  const { caller, did } = who(message);
  return { type: 'queue_joined', legId, at, queue: queueName(message.get('Queue')), caller, did };
}

function queueName(text: string | undefined): string {
  return printable(text ?? '', LONGEST_QUEUE) ?? '';
}

const QUEUE_STATUSES: ReadonlyMap<string, 'timeout' | 'empty' | 'full'> = new Map([
  ['TIMEOUT', 'timeout'],
  // Taken out by an operator or by a program: as with a timeout, the caller was still there.
  ['WITHDRAW', 'timeout'],
  ['JOINEMPTY', 'empty'],
  ['LEAVEEMPTY', 'empty'],
  ['JOINUNAVAIL', 'empty'],
  ['LEAVEUNAVAIL', 'empty'],
  ['FULL', 'full'],
]);

/** Of the class `dialplan` as well: the only word of a queue that refuses a caller. */
function queueEnded({ message, legId, at }: Reading): LegEvent | undefined {
  if (message.get('Variable') !== 'QUEUESTATUS') return undefined;
  const reason = QUEUE_STATUSES.get(message.get('Value') ?? '');
  return reason && { type: 'queue_ended', legId, at, reason };
}

function dial({ message, legId, at, settings }: Reading): Omit<DialEnded, 'type' | 'result'> {
  return {
    legId,
    at,
    callId: callIdOf(message, legId),
    toLegId: (message.get('DestUniqueid') ?? '').slice(0, LONGEST_ID),
    isTowardsInbound: settings.inboundContexts.has(message.get('DestContext') ?? ''),
    numbers: dialledNumbers(message),
  };
}

function dialResult(message: AmiHeaders): DialEnded['result'] {
  switch (message.get('DialStatus')) {
    case 'ANSWER':
      return 'answered';
    case 'BUSY':
      return 'busy';
    case 'CONGESTION':
    case 'CHANUNAVAIL':
      return 'unavailable';
    default:
      // NOANSWER, which a phone that declines shows as well; CANCEL, when the caller gave up or another phone was quicker.
      return 'no_answer';
  }
}
