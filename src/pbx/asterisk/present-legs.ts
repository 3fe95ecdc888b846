import type { EpochSeconds } from '../../core/clock.ts';
import type { PresentLeg } from '../../core/leg-event.ts';
import type { AmiMessage } from './ami-message.ts';
import type { AsteriskSettings } from './asterisk-pbx.ts';
import { readCaller, readDid, told } from './caller-id.ts';

type Headers = Pick<AmiMessage, 'event' | 'get' | 'all'>;

/** Of CoreShowChannels: Down (0) and Ringing (5) are channels that somebody rings. */
const RUNG_STATES = new Set(['0', '5']);

/**
 * The channels that are up, of the answers to QueueStatus and CoreShowChannels; other items are passed over.
 *
 * CoreShowChannels tells in which context a channel is, not where it began. So whoever waits in a queue is taken for a
 * stranger: an own telephone in a queue would be one as well, unless its beginning was heard.
 */
export function presentLegs(
  lists: { queueStatus: readonly Headers[]; channels: readonly Headers[] },
  now: EpochSeconds,
  { inboundContexts }: AsteriskSettings,
): PresentLeg[] {
  const waiting = new Map(
    lists.queueStatus
      .filter(({ event }) => event === 'QueueEntry')
      .map((entry) => [entry.get('Uniqueid') ?? '', entry]),
  );
  const legs = new Map<string, PresentLeg>();
  for (const channel of lists.channels) {
    const legId = told(channel.get('Uniqueid'));
    if (channel.event !== 'CoreShowChannel' || legId === null) continue;
    const isComing = !RUNG_STATES.has(channel.get('ChannelState') ?? '');
    const isInbound = isComing && inboundContexts.has(channel.get('Context') ?? '');
    legs.set(legId, {
      legId,
      callId: told(channel.get('Linkedid')),
      isInbound,
      isConnected: told(channel.get('BridgeId')) !== null,
      queue: null,
      since: now - secondsOf(channel.get('Duration')),
      caller: readCaller(channel),
      // As good as it gets: the extension may have changed by now.
      did: readDid(channel) ?? (isInbound ? told(channel.get('Exten')) : null),
    });
  }
  // Also without CoreShowChannels, for which the user may lack the right.
  for (const [legId, entry] of waiting)
    if (legId !== '') legs.set(legId, waitingLeg(entry, legId, legs.get(legId), now));
  return [...legs.values()];
}

function waitingLeg(entry: Headers, legId: string, channel: PresentLeg | undefined, now: EpochSeconds): PresentLeg {
  const wait = Number(entry.get('Wait'));
  const caller = readCaller(entry);
  return {
    legId,
    callId: channel?.callId ?? null,
    isInbound: true,
    isConnected: false,
    queue: entry.get('Queue') ?? '',
    since: now - (Number.isFinite(wait) && wait > 0 ? Math.floor(wait) : 0),
    // Variables, such as the presentation of the number, only channels show.
    caller: { ...caller, isWithheld: caller.isWithheld || channel?.caller.isWithheld === true },
    did: channel?.did ?? readDid(entry),
  };
}

/** `00:00:03`, hours without end. */
function secondsOf(duration: string | undefined): number {
  const parts = /^(\d{1,6}):(\d{2}):(\d{2})$/.exec(duration ?? '');
  return parts === null ? 0 : Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]);
}
