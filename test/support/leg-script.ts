import type { Caller, DialEnded, LegBegan, LegEvent } from '../../src/core/leg-event.ts';

export const START = 1_795_465_000;
export const CALLER: Caller = { number: '01632960123', name: 'Jane Doe', isWithheld: false };
const NOBODY: Caller = { number: null, name: null, isWithheld: false };

/** What may happen to one leg; each event at its second after the start. */
export function leg(legId: string, callId = legId) {
  const at = (seconds: number) => START + seconds;
  const dial = (toLegId: string) => ({ legId, callId, toLegId, isTowardsInbound: false, numbers: ['200'] });
  return {
    begins: (seconds: number, more: Partial<LegBegan> = {}): LegEvent => ({
      type: 'began',
      legId,
      callId,
      at: at(seconds),
      direction: 'inbound',
      isIncoming: true,
      caller: CALLER,
      did: '0301234501',
      ...more,
    }),
    tries: (seconds: number, queue: string): LegEvent => ({ type: 'queue_tried', legId, at: at(seconds), queue }),
    joins: (seconds: number, queue: string): LegEvent => ({
      type: 'queue_joined',
      legId,
      at: at(seconds),
      queue,
      caller: NOBODY,
      did: null,
    }),
    leaves: (seconds: number): LegEvent => ({ type: 'queue_left', legId, at: at(seconds) }),
    abandons: (seconds: number): LegEvent => ({ type: 'queue_abandoned', legId, at: at(seconds) }),
    isToldWhy: (seconds: number, reason: 'timeout' | 'empty' | 'full'): LegEvent => ({
      type: 'queue_ended',
      legId,
      at: at(seconds),
      reason,
    }),
    isConnected: (seconds: number): LegEvent => ({ type: 'agent_connected', legId, at: at(seconds) }),
    isBridged: (seconds: number): LegEvent => ({ type: 'bridged', legId, at: at(seconds) }),
    rings: (seconds: number, phone: string): LegEvent => ({ type: 'dial_began', at: at(seconds), ...dial(phone) }),
    hasRung: (seconds: number, phone: string, result: DialEnded['result']): LegEvent => ({
      type: 'dial_ended',
      at: at(seconds),
      ...dial(phone),
      result,
    }),
    wantsToHangUp: (seconds: number): LegEvent => ({ type: 'hangup_requested', legId, at: at(seconds) }),
    hangsUp: (seconds: number): LegEvent => ({ type: 'hung_up', legId, at: at(seconds) }),
  };
}
