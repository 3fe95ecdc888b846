import type { PbxStatus } from '../../core/pbx.ts';
import type { AmiHeaders, AsteriskSettings } from './asterisk-pbx.ts';

export interface ContextsSeen {
  take(message: AmiHeaders): void;
  list(): PbxStatus['contextsSeen'];
}

/** Names are given by the dialplan, which has some hundred contexts at most. */
const MOST_CONTEXTS = 1000;
const MOST_LISTED = 50;

/** `ChannelState`: of a channel that is about to be rung, and of one that comes in and wants to be answered. */
const DOWN = '0';
const RING = '4';

/**
 * Counts where calls began that came in by themselves: an administrator whose trunk leads into a context that the settings
 * do not name can see it by this, and by nothing else.
 */
export function createContextsSeen({ inboundContexts }: AsteriskSettings): ContextsSeen {
  const counts = new Map<string, number>();
  return {
    take(message) {
      const state = message.get('ChannelState');
      // Channels of chan_sip begin as Down, and ring at once when they come in.
      const hasComeIn =
        message.event === 'Newchannel' ? state !== DOWN : message.event === 'Newstate' && state === RING;
      const context = message.get('Context') ?? '';
      if (!hasComeIn || context === '') return;
      const before = counts.get(context);
      if (before !== undefined || counts.size < MOST_CONTEXTS) counts.set(context, (before ?? 0) + 1);
    },
    list: () =>
      [...counts]
        .sort(([, a], [, b]) => b - a)
        .slice(0, MOST_LISTED)
        .map(([context, calls]) => ({ context, calls, isInbound: inboundContexts.has(context) })),
  };
}
