/** What Asterisk says of calls from outside, in its own words: messages for `AmiServer.say`, lines of queue_log. */

const FIRST = ['Privilege: call,all'];

/** One call of a customer who dialled the house. @param id of its channel, `1795465000.1` */
export function inboundCall(id: string, number = '+441632960001', queue = 'sales') {
  const channel = [
    ...[`Channel: PJSIP/trunk-${id}`, 'ChannelState: 4', 'ChannelStateDesc: Ring', `CallerIDNum: ${number}`],
    ...['CallerIDName: Jane Doe', 'Context: from-trunk', 'Exten: 0301234501', 'Priority: 1'],
    ...[`Uniqueid: ${id}`, `Linkedid: ${id}`],
  ];
  const event = (name: string, ...more: string[]) => [`Event: ${name}`, ...FIRST, ...channel, ...more];
  const queued = [`Queue: ${queue}`, 'Position: 1'];
  return {
    begins: event('Newchannel'),
    joins: event('QueueCallerJoin', ...queued, 'Count: 1'),
    isConnected: [
      event('QueueCallerLeave', ...queued, 'Count: 0'),
      event('AgentConnect', `Queue: ${queue}`, 'Interface: PJSIP/201', 'MemberName: Ana', 'HoldTime: 5', 'RingTime: 2'),
    ],
    hangsUp: event('Hangup', 'Cause: 16', 'Cause-txt: Normal Clearing'),
    /** Gives up while waiting. */
    givesUp: [
      event('HangupRequest'),
      event('QueueCallerAbandon', ...queued, 'OriginalPosition: 1', 'HoldTime: 7'),
      event('QueueCallerLeave', ...queued, 'Count: 0'),
      event('Hangup', 'Cause: 16', 'Cause-txt: Normal Clearing'),
    ],
    /** Item of QueueStatus while it waits. */
    waits: (seconds: number) => [
      ...['Event: QueueEntry', ...queued, `Channel: PJSIP/trunk-${id}`, `Uniqueid: ${id}`],
      ...[`CallerIDNum: ${number}`, 'CallerIDName: Jane Doe', `Wait: ${seconds}`],
    ],
    /** Item of CoreShowChannels. */
    isListed: (seconds: number) => [
      ...['Event: CoreShowChannel', ...channel, 'Application: Queue', `ApplicationData: ${queue}`],
      ...[`Duration: 00:00:${String(seconds).padStart(2, '0')}`, 'BridgeId: '],
    ],
    /** Lines of queue_log. */
    log: {
      enters: (at: number) => `${at}|${id}|${queue}|NONE|ENTERQUEUE||${number}|1\n`,
      abandons: (at: number) => `${at}|${id}|${queue}|NONE|ABANDON|1|1|7\n`,
      connects: (at: number) => `${at}|${id}|${queue}|Ana|CONNECT|5|${id}9|2\n`,
    },
  };
}

/** A call that somebody of the house makes, and that is answered. */
export function outboundAnswered(id: string, number: string): string[][] {
  const own = [
    ...[`Channel: PJSIP/201-${id}`, 'ChannelState: 4', 'CallerIDNum: 201', 'CallerIDName: Ana'],
    ...['Context: from-internal', `Exten: ${number}`, 'Priority: 1', `Uniqueid: ${id}`, `Linkedid: ${id}`],
  ];
  const dest = [
    ...[`DestChannel: PJSIP/trunk-${id}9`, 'DestChannelState: 0', `DestCallerIDNum: ${number}`],
    ...['DestContext: from-internal', `DestExten: ${number}`, `DestUniqueid: ${id}9`, `DestLinkedid: ${id}`],
  ];
  return [
    ['Event: Newchannel', ...FIRST, ...own],
    ['Event: DialBegin', ...FIRST, ...own, ...dest, `DialString: ${number}@trunk`],
    ['Event: DialEnd', ...FIRST, ...own, ...dest, 'DialStatus: ANSWER'],
  ];
}
