import type { StormCall } from './storm-calls.ts';

/** One event of a call: when, from its beginning (0) to its end (1), and its text without the blank line behind it. */
export type StormStep = readonly [part: number, text: (call: StormCall) => string];

/**
 * What a manager port says of a call that comes over a trunk, in the order and with the headers of the recordings, as a user
 * hears it who reads `dialplan` too. The last step is always the hang-up of the caller.
 */
export function stepsOf(kind: StormCall['kind']): readonly StormStep[] {
  return SCRIPTS[kind];
}

/** Events about calls that mean nothing: most of what a real port says. */
export function noiseOf(call: StormCall, turn: number): string {
  const noise = NOISE[turn % NOISE.length] as (call: StormCall, turn: number) => string;
  return noise(call, turn);
}

const DID = '+441632960900';
const CONTEXT = 'from-trunk';

function channel(call: StormCall, state: 'Ring' | 'Up', exten = DID): string {
  const caller = call.number ?? '<unknown>';
  return lines(
    `Channel: PJSIP/trunk-${hex(call.index)}`,
    `ChannelState: ${state === 'Up' ? 6 : 4}`,
    `ChannelStateDesc: ${state}`,
    `CallerIDNum: ${caller}`,
    `CallerIDName: ${call.number === null ? '<unknown>' : `Caller ${call.index}`}`,
    'ConnectedLineNum: <unknown>',
    'ConnectedLineName: <unknown>',
    'Language: en',
    'AccountCode: ',
    `Context: ${CONTEXT}`,
    `Exten: ${exten}`,
    'Priority: 1',
    `Uniqueid: ${call.legId}`,
    `Linkedid: ${call.legId}`,
  );
}

/** A phone of the house that is rung, or the trunk leg of a call that goes out. */
function phone(call: StormCall, nth: number, prefix = ''): string {
  const isTrunk = call.kind === 'outbound';
  return lines(
    `${prefix}Channel: PJSIP/${isTrunk ? 'trunk' : `20${nth}`}-${hex(call.index)}`,
    `${prefix}ChannelState: 0`,
    `${prefix}ChannelStateDesc: Down`,
    `${prefix}CallerIDNum: ${isTrunk ? call.number : `20${nth}`}`,
    `${prefix}CallerIDName: Agent ${nth}`,
    `${prefix}ConnectedLineNum: ${call.number ?? '<unknown>'}`,
    `${prefix}ConnectedLineName: <unknown>`,
    `${prefix}Language: en`,
    `${prefix}AccountCode: `,
    `${prefix}Context: ${isTrunk ? CONTEXT : 'from-internal'}`,
    `${prefix}Exten: s`,
    `${prefix}Priority: 1`,
    `${prefix}Uniqueid: ${call.legId}${nth}`,
    `${prefix}Linkedid: ${call.legId}`,
  );
}

/** A phone of the house that calls somebody. */
function inside(call: StormCall): string {
  return channel(call, 'Up', call.number ?? '')
    .replace(`Context: ${CONTEXT}`, 'Context: from-internal')
    .replace(`CallerIDNum: ${call.number}`, 'CallerIDNum: 201')
    .replace('PJSIP/trunk', 'PJSIP/201');
}

const newchannel: StormStep = [0, (call) => lines('Event: Newchannel', 'Privilege: call,all', channel(call, 'Ring'))];
const extension = (part: number, application: string, data: string): StormStep => [
  part,
  (call) =>
    lines(
      ...['Event: Newexten', 'Privilege: dialplan,all', channel(call, 'Up'), `Extension: ${DID}`],
      ...[`Application: ${application}`, `AppData: ${data}`],
    ),
];
const variable = (part: number, name: string, value: string): StormStep => [
  part,
  (call) =>
    lines('Event: VarSet', 'Privilege: dialplan,all', channel(call, 'Up'), `Variable: ${name}`, `Value: ${value}`),
];
const answered: StormStep = [0.1, (call) => lines('Event: Newstate', 'Privilege: call,all', channel(call, 'Up'))];
const queueEvent = (part: number, event: string, ...more: string[]): StormStep => [
  part,
  (call) => lines(`Event: ${event}`, 'Privilege: agent,all', channel(call, 'Up'), 'Queue: sales', ...more),
];
const agentStep = (part: number, event: string, nth: number): StormStep => [
  part,
  (call) => lines(`Event: ${event}`, 'Privilege: call,all', phone(call, nth)),
];
const dial = (part: number, event: 'DialBegin' | 'DialEnd', nth: number, last: string): StormStep => [
  part,
  (call) => {
    const own = call.kind === 'outbound' ? inside(call) : channel(call, 'Up');
    const to = call.kind === 'outbound' ? `${call.number}@trunk` : `20${nth}`;
    const end = event === 'DialBegin' ? `DialString: ${to}` : `DialStatus: ${last}`;
    return lines(`Event: ${event}`, 'Privilege: call,all', own, phone(call, nth, 'Dest'), end);
  },
];
const hangupRequest = (part: number): StormStep => [
  part,
  (call) => lines('Event: HangupRequest', 'Privilege: call,all', channel(call, 'Up'), 'Cause: 16'),
];
const hangup: StormStep = [
  1,
  (call) =>
    lines(
      ...['Event: Hangup', 'Privilege: call,all', channel(call, 'Up', 'h')],
      ...['Cause: 16', 'Cause-txt: Normal Clearing'],
    ),
];

/** A phone that rings from one moment to the other. */
const rings = (from: number, to: number, nth: number, status: string): StormStep[] => [
  agentStep(from, 'Newchannel', nth),
  agentStep(from, 'NewCallerid', nth),
  agentStep(from, 'NewConnectedLine', nth),
  dial(from, 'DialBegin', nth, ''),
  agentStep(from, 'Newstate', nth),
  dial(to, 'DialEnd', nth, status),
  ...(status === 'ANSWER' ? [] : [agentStep(to, 'Hangup', nth)]),
];

const begins: StormStep[] = [
  newchannel,
  extension(0.02, 'Set', '__FROM_DID=+441632960900'),
  variable(0.02, '__FROM_DID', '+441632960900'),
  extension(0.04, 'Gosub', 'app-blacklist-check,s,1()'),
  variable(0.04, 'GOSUB_RETVAL', ''),
  extension(0.06, 'Answer', ''),
  answered,
];
const queued: StormStep[] = [
  ...begins,
  extension(0.12, 'Queue', 'sales,t,,,300'),
  variable(0.13, 'QUEUEPOSITION', '1'),
  queueEvent(0.14, 'QueueCallerJoin', 'Position: 1', 'Count: 1'),
  queueEvent(0.15, 'MusicOnHoldStart', 'Class: default'),
];
const bridge = (part: number, event: 'BridgeEnter' | 'BridgeLeave'): StormStep => [
  part,
  (call) =>
    lines(
      ...[`Event: ${event}`, 'Privilege: call,all', `BridgeUniqueid: bridge-${call.index}`, 'BridgeType: basic'],
      ...['BridgeNumChannels: 2', call.kind === 'outbound' ? inside(call) : channel(call, 'Up')],
    ),
];
/** Behind an answer. */
const talks: StormStep[] = [
  bridge(0.4, 'BridgeEnter'),
  agentStep(0.95, 'BridgeLeave', 1),
  bridge(0.97, 'BridgeLeave'),
  agentStep(0.96, 'Hangup', 1),
];

const SCRIPTS: Record<StormCall['kind'], readonly StormStep[]> = {
  queue_hangup: [
    ...queued,
    ...rings(0.2, 0.5, 1, 'NOANSWER'),
    queueEvent(0.5, 'AgentRingNoAnswer', 'RingTime: 1000'),
    ...rings(0.55, 0.99, 2, 'NOANSWER'),
    hangupRequest(0.97),
    queueEvent(0.98, 'QueueCallerAbandon', 'Position: 1', 'OriginalPosition: 1', 'HoldTime: 2'),
    queueEvent(0.99, 'QueueCallerLeave', 'Count: 0', 'Position: 1'),
    variable(0.99, 'ABANDONED', 'TRUE'),
    hangup,
  ],
  queue_timeout: [
    ...queued,
    ...rings(0.2, 0.7, 1, 'NOANSWER'),
    queueEvent(0.8, 'QueueCallerAbandon', 'Position: 1', 'OriginalPosition: 1', 'HoldTime: 2'),
    queueEvent(0.81, 'QueueCallerLeave', 'Count: 0', 'Position: 1'),
    variable(0.82, 'QUEUESTATUS', 'TIMEOUT'),
    extension(0.85, 'Playback', 'all-busy'),
    hangup,
  ],
  exit_key: [
    ...queued,
    queueEvent(0.8, 'QueueCallerLeave', 'Count: 0', 'Position: 1'),
    extension(0.85, 'Playback', 'thanks'),
    hangup,
  ],
  no_answer: [
    ...begins,
    extension(0.15, 'Dial', 'PJSIP/201,30'),
    ...rings(0.2, 0.9, 1, 'NOANSWER'),
    hangupRequest(0.95),
    hangup,
  ],
  busy: [...begins, extension(0.15, 'Dial', 'PJSIP/201,30'), ...rings(0.2, 0.5, 1, 'BUSY'), hangup],
  answered_in_queue: [
    ...queued,
    ...rings(0.2, 0.4, 1, 'ANSWER'),
    queueEvent(0.39, 'QueueCallerLeave', 'Count: 0', 'Position: 1'),
    [
      0.4,
      (call) =>
        lines(
          ...['Event: AgentConnect', 'Privilege: agent,all', channel(call, 'Up'), phone(call, 1, 'Dest')],
          ...['Queue: sales', 'Interface: PJSIP/201', 'MemberName: Agent 1', 'HoldTime: 1', 'RingTime: 1'],
        ),
    ],
    ...talks,
    queueEvent(0.97, 'AgentComplete', 'HoldTime: 1', 'TalkTime: 2', 'Reason: caller'),
    hangupRequest(0.97),
    hangup,
  ],
  answered_by_phone: [
    ...begins,
    extension(0.15, 'Dial', 'PJSIP/201,30'),
    ...rings(0.2, 0.4, 1, 'ANSWER'),
    ...talks,
    hangupRequest(0.97),
    hangup,
  ],
  outbound: [
    [0, (call) => lines('Event: Newchannel', 'Privilege: call,all', inside(call))],
    ...rings(0.1, 0.4, 1, 'ANSWER'),
    ...talks,
    [1, (call) => lines('Event: Hangup', 'Privilege: call,all', inside(call), 'Cause: 16')],
  ],
};

const NOISE: readonly ((call: StormCall, turn: number) => string)[] = [
  variable(0, 'RTPAUDIOQOSJITTER', 'minrxjitter=000.000000;maxrxjitter=000.000000').at(1) as StormStep[1],
  variable(0, 'MACRO_DEPTH', '1').at(1) as StormStep[1],
  extension(0, 'ExecIf', '0?Set(CALLERID(name)=)').at(1) as StormStep[1],
  variable(0, 'BRIDGEPEER', '').at(1) as StormStep[1],
  (_, turn) =>
    lines('Event: DeviceStateChange', 'Privilege: call,all', `Device: PJSIP/2${turn % 90}`, 'State: NOT_INUSE'),
  extension(0, 'GotoIf', '1?dial,1').at(1) as StormStep[1],
  variable(0, 'DIALSTATUS', '').at(1) as StormStep[1],
  (call) => lines('Event: NewConnectedLine', 'Privilege: call,all', channel(call, 'Up')),
  extension(0, 'NoOp', 'Blacklisted: no').at(1) as StormStep[1],
  (call, turn) =>
    lines(
      ...[
        'Event: RTCPSent',
        'Privilege: reporting,all',
        channel(call, 'Up'),
        'To: 192.0.2.7:11001',
        'SSRC: 0x18a2cf9f',
      ],
      ...[`SentPackets: ${turn}`, 'SentOctets: 25600', 'PT: 200(SR)', 'ReportCount: 1', 'SentRTP: 25600'],
    ),
  (_, turn) =>
    lines('Event: ExtensionStatus', 'Privilege: call,all', `Exten: 2${turn % 90}`, 'Context: ext-local', 'Status: 0'),
];

function hex(index: number): string {
  return index.toString(16).padStart(8, '0');
}

function lines(...texts: string[]): string {
  return texts.join('\r\n');
}
