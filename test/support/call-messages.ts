import type { PlayedMessage } from './ami-player.ts';
import { inboundCall } from './asterisk-calls.ts';
import { messagesOf } from './present-channels.ts';

/** The calls of asterisk-calls.ts as messages for a player, which stamps the lines of queue_log. */
export function callMessages(id: string, number: string) {
  const call = inboundCall(id, number);
  const { log } = call;
  return {
    begins: played([call.begins]),
    joins: played([call.joins], log.enters(0)),
    isConnected: played([...call.isConnected, bridged(id)], log.connects(0)),
    givesUp: played(call.givesUp, log.abandons(0)),
    hangsUp: played([call.hangsUp]),
  };
}

function played(messages: readonly (readonly string[])[], line?: string): PlayedMessage[] {
  const bytes = Buffer.from(messages.map((lines) => `${lines.join('\r\n')}\r\n\r\n`).join(''));
  return messagesOf(bytes).map((said, at) => ({
    ...said,
    queueLogLines: at === 0 && line !== undefined ? [line.trimEnd()] : [],
  }));
}

/** What the list of channels shows an answer by. */
function bridged(id: string): string[] {
  return ['Event: BridgeEnter', 'Privilege: call,all', 'BridgeUniqueid: 4f0c', `Uniqueid: ${id}`, `Linkedid: ${id}`];
}
