import type { PbxStatus } from '../../src/core/pbx.ts';
import { NOW } from './commands.ts';

/** A PBX that has been connected for an hour, with nobody calling, and no record of queues. */
export function pbxStatusOf(changes: Partial<PbxStatus> = {}): PbxStatus {
  return {
    phase: 'up',
    since: NOW - 3600,
    address: '127.0.0.1:5038',
    pbx: 'asterisk-1',
    version: 'Asterisk 22.9.0',
    systemName: 'pbx1',
    startedAt: NOW - 86_400,
    lastEventAt: NOW - 2,
    events: 4711,
    lastFailure: undefined,
    queued: 0,
    dropped: 0,
    legs: 0,
    lost: 0,
    waitingCallers: [],
    numbersOnLine: [],
    contextsSeen: [],
    queueLog: undefined,
    ...changes,
  };
}
