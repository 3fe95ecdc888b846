import type { SystemDatabase } from '../../client/src/contract.ts';
import type { CaptureGap } from '../core/capture-command.ts';
import type { PbxStatus } from '../core/pbx.ts';
import { EXAMPLE_NOW } from './example-call.ts';
import type { LatestChecks } from './system-facts.ts';

/** The service that the examples of the API's description show. */
export const exampleNow = EXAMPLE_NOW;

export const examplePbx: PbxStatus = {
  phase: 'up',
  since: EXAMPLE_NOW - 7200,
  address: '127.0.0.1:5038',
  pbx: 'pbx1 2026-11-20 06:00:00',
  version: 'Asterisk 22.9.0',
  systemName: 'pbx1',
  startedAt: EXAMPLE_NOW - 374_400,
  lastEventAt: EXAMPLE_NOW - 3,
  events: 48_211,
  lastFailure: { at: EXAMPLE_NOW - 7290, reason: 'The connection was closed by the PBX' },
  queued: 0,
  dropped: 0,
  legs: 4,
  lost: 0,
  waitingCallers: [],
  numbersOnLine: [],
  contextsSeen: [{ context: 'from-trunk', calls: 912, isInbound: true }],
  queueLog: { place: '/var/log/asterisk/queue_log', isAtEnd: true, lastAt: EXAMPLE_NOW - 40, failure: undefined },
};

export const exampleGaps: readonly CaptureGap[] = [
  {
    pbx: 'pbx1 2026-11-20 06:00:00',
    instance: 'pbx1',
    from: EXAMPLE_NOW - 7290,
    to: EXAMPLE_NOW - 7200,
    reason: 'connection_lost',
    isFilled: true,
  },
];

const database: SystemDatabase = { kind: 'sqlite', bytes: 52_428_800, free_bytes: 21_474_836_480 };

const checks: LatestChecks = {
  at: EXAMPLE_NOW - 12,
  findings: [{ subject: 'database', verdict: 'ok', text: 'can be written to' }],
};

export const exampleFacts = {
  instance: { name: 'pbx1', startedAt: EXAMPLE_NOW - 172_800 },
  lastBackupAt: EXAMPLE_NOW - 39_600,
  database,
  checks,
};
