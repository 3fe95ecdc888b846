import type { MissedCall } from '../../src/core/call-verdict.ts';
import type { CallWriter } from '../../src/core/call-writer.ts';
import type { RecordedAs, RecordMissedCommand, RecordReachedCommand } from '../../src/core/capture-command.ts';
import type { MissTarget } from '../../src/core/miss-target.ts';
import { contextOf, execute, NOW } from './commands.ts';

/** A caller who gave up in the queue of sales two seconds ago. */
export function missOf(changes: Partial<MissedCall> = {}): MissedCall {
  return {
    type: 'missed',
    pbx: 'asterisk-1',
    legId: '1800000000.1',
    number: '+441632960001',
    name: null,
    did: '+441632960900',
    kind: 'queue_hangup',
    queue: 'sales',
    waitSeconds: 12,
    beganAt: NOW - 20,
    endedAt: NOW - 2,
    isInferred: false,
    ...changes,
  };
}

export function targetOf(changes: Partial<MissTarget> = {}): MissTarget {
  return {
    projectId: 1,
    inboundRouteId: 12,
    type: 'queue',
    destination: 'sales',
    outboundType: 'manual',
    attendType: 'attended',
    priority: 0,
    maxRetries: 0,
    outboundNumber: null,
    scheduleAfterSeconds: null,
    manualBecause: null,
    mostAutoPerMinute: 60,
    ...changes,
  };
}

export function missCommand(
  changes: Partial<MissedCall> = {},
  target: Partial<MissTarget> = {},
  unlisted: RecordMissedCommand['unlisted'] = null,
): RecordMissedCommand {
  return { kind: 'record_missed', miss: missOf(changes), unlisted, target: targetOf(target) };
}

export function reachCommand(
  changes: Partial<RecordReachedCommand['reached']> = {},
  among: RecordReachedCommand['among'] = [{ projectId: 1, numbers: ['+441632960001'] }],
): RecordReachedCommand {
  const reached = { pbx: 'asterisk-1', legId: '1800000000.9', how: 'outbound', at: NOW, isOwnAttempt: false } as const;
  return { kind: 'record_reached', reached: { ...reached, ...changes }, among };
}

/** What became of it. @throws when it is no capture command */
export async function record(
  writer: CallWriter,
  command: Parameters<typeof execute>[1],
  now = NOW,
): Promise<RecordedAs> {
  const outcome = await execute(writer, command, contextOf({ actor: 'system', now }));
  if (outcome.kind !== 'recorded') throw new Error(`recorded nothing: ${JSON.stringify(outcome)}`);
  return outcome.as;
}
