import type { Gate } from '../../client/src/contract.ts';
import type { Call } from './call.ts';
import type { Moment } from './call-filter.ts';
import type { EpochSeconds } from './clock.ts';

/** The first closed gate of a call, and when it opens if that is known. */
export interface Wait {
  gate: Gate;
  until: EpochSeconds | null;
}

/** Pending, its schedule has come and the pause after the last attempt is over. */
export function isDue(call: Pick<Call, 'status' | 'schedule' | 'nextAttemptAt'>, now: EpochSeconds): boolean {
  return call.status === 'pending' && (call.schedule ?? now) <= now && (call.nextAttemptAt ?? now) <= now;
}

/**
 * Why a call is not being dialled at this moment; null when nothing holds it or it is closed. Gates are looked at in
 * the order of `GATES`. A manual call needs no PBX to be worked off: once due it waits for an agent.
 */
export function waitingFor(call: Call, { now, pbxConnected }: Moment): Wait | null {
  if (call.status === 'inprogress') {
    return call.claimedBy === null ? null : { gate: 'claimed', until: call.claimedUntil };
  }
  if (call.status !== 'pending') return null;
  if (call.schedule !== null && call.schedule > now) return { gate: 'schedule', until: call.schedule };
  if (call.nextAttemptAt !== null && call.nextAttemptAt > now)
    return { gate: 'retry_delay', until: call.nextAttemptAt };
  if (call.outboundType === 'manual') return { gate: 'agent', until: null };
  if (!pbxConnected) return { gate: 'pbx_offline', until: null };
  return null;
}
