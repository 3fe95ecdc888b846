import type { AmiMessage } from '../../src/pbx/asterisk/ami-message.ts';

/**
 * The lines that Asterisk writes into queue_log when these messages are sent, each with the place of its message. It knows
 * at once what events tell later: a leave that an agent's connect follows is none of its own.
 */
export function queueLogOf(
  messages: readonly { message: AmiMessage; at: number }[],
): { index: number; line: string }[] {
  return messages.flatMap(({ message, at }, index) => {
    const text = lineOf(message, messages.slice(0, index), messages.slice(index + 1));
    if (text === undefined) return [];
    const [agent, event, ...data] = text;
    const line = [Math.floor(at), message.get('Uniqueid'), message.get('Queue'), agent, event, ...data].join('|');
    return [{ index, line }];
  });
}

function lineOf(
  message: AmiMessage,
  before: readonly { message: AmiMessage }[],
  after: readonly { message: AmiMessage }[],
): string[] | undefined {
  const isSame = ({ message: other }: { message: AmiMessage }) => other.get('Uniqueid') === message.get('Uniqueid');
  const has = (list: readonly { message: AmiMessage }[], event: string) =>
    list.some((said) => said.message.event === event && isSame(said));
  const number = (message.get('CallerIDNum') ?? '').replace('<unknown>', '');
  switch (message.event) {
    case 'QueueCallerJoin':
      return ['NONE', 'ENTERQUEUE', '', number, message.get('Position') ?? '1'];
    case 'QueueCallerAbandon': {
      const isHangup = has(before, 'HangupRequest') || has(before, 'SoftHangupRequest');
      return ['NONE', isHangup ? 'ABANDON' : 'EXITWITHTIMEOUT', '1', '1', message.get('HoldTime') ?? '0'];
    }
    case 'QueueCallerLeave':
      if (has(before, 'QueueCallerAbandon') || has(after, 'AgentConnect')) return undefined;
      return ['NONE', 'EXITWITHKEY', '1', '1', '1', '5'];
    case 'AgentConnect':
      return [message.get('MemberName') ?? '', 'CONNECT', message.get('HoldTime') ?? '0', 'bridged', '1'];
    case 'AgentComplete': {
      const event = message.get('Reason') === 'caller' ? 'COMPLETECALLER' : 'COMPLETEAGENT';
      return [message.get('MemberName') ?? '', event, message.get('HoldTime') ?? '0', message.get('TalkTime') ?? '0'];
    }
    default:
      return undefined;
  }
}
