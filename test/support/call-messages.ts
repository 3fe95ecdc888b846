import type { PlayedMessage } from './ami-player.ts';
import { inboundCall } from './asterisk-calls.ts';
import { messagesOf } from './present-channels.ts';

/** The calls of asterisk-calls.ts as messages for a player, without lines of queue_log. */
export function callMessages(id: string, number: string) {
  const call = inboundCall(id, number);
  const played = (...messages: readonly string[][]): PlayedMessage[] =>
    messagesOf(Buffer.from(messages.map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join(''))).map((said) => ({
      ...said,
      queueLogLines: [],
    }));
  return {
    begins: played(call.begins),
    joins: played(call.joins),
    isConnected: played(...call.isConnected, bridged(id)),
    givesUp: played(...call.givesUp),
    hangsUp: played(call.hangsUp),
  };
}

/** What the list of channels shows an answer by. */
function bridged(id: string): string[] {
  return ['Event: BridgeEnter', 'Privilege: call,all', 'BridgeUniqueid: 4f0c', `Uniqueid: ${id}`, `Linkedid: ${id}`];
}
