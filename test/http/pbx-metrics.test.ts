import { expect, it } from 'vitest';
import type { PbxStatus } from '../../src/core/pbx.ts';
import { sumGaps } from '../../src/core/recent-gaps.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { startTestApp } from '../support/app.ts';
import { NOW } from '../support/commands.ts';
import { pbxStatusOf } from '../support/pbx-status.ts';

const NO_GAPS = sumGaps([], NOW);

async function figuresOf(status: PbxStatus | undefined, gaps = async () => NO_GAPS): Promise<string[]> {
  const metrics = createMetrics('1.2.3');
  metrics.watchPbx({ status: () => status, gaps });
  return (await metrics.text()).split('\n');
}

it('shows the connection to the PBX and what was read over it', async () => {
  const lines = await figuresOf(pbxStatusOf({ queued: 7, dropped: 1, legs: 12, lost: 3 }));
  expect(lines).toEqual(
    expect.arrayContaining([
      'callqueue_pbx_up 1',
      'callqueue_pbx_phase{phase="up"} 1',
      'callqueue_pbx_phase{phase="waiting"} 0',
      `callqueue_pbx_phase_timestamp_seconds ${NOW - 3600}`,
      `callqueue_pbx_last_event_timestamp_seconds ${NOW - 2}`,
      'callqueue_pbx_events_total 4711',
      'callqueue_pbx_queued_events 7',
      'callqueue_pbx_dropped_messages_total 1',
      'callqueue_pbx_legs 12',
      'callqueue_pbx_lost_legs_total 3',
      'callqueue_pbx_waiting_callers 0',
    ]),
  );
});

it('counts a connection that is still catching up as down', async () => {
  const lines = await figuresOf(pbxStatusOf({ phase: 'catching_up', lastEventAt: undefined }));
  expect(lines).toContain('callqueue_pbx_up 0');
  expect(lines).toContain('callqueue_pbx_phase{phase="catching_up"} 1');
  expect(lines.filter((line) => line.startsWith('callqueue_pbx_last_event'))).toEqual([]);
});

it('has no series of a PBX where there is none, so that nothing raises an alarm', async () => {
  const lines = await figuresOf(undefined);
  expect(lines.filter((line) => /^callqueue_(pbx|queue_log|capture_gap)/.test(line))).toEqual([]);
});

it('tells whether the record of queues can be read, and how far it was', async () => {
  const queueLog = { place: '/var/log/asterisk/queue_log', isAtEnd: false, lastAt: NOW - 90, failure: undefined };
  expect(await figuresOf(pbxStatusOf({ queueLog }))).toEqual(
    expect.arrayContaining([
      'callqueue_queue_log_up 1',
      'callqueue_queue_log_at_end 0',
      `callqueue_queue_log_last_line_timestamp_seconds ${NOW - 90}`,
    ]),
  );
  const failing = { ...queueLog, failure: { at: NOW, reason: 'no such file' } };
  expect(await figuresOf(pbxStatusOf({ queueLog: failing }))).toContain('callqueue_queue_log_up 0');
});

it('counts verdicts by what became of them, each from 0', async () => {
  const metrics = createMetrics('1.2.3');
  metrics.recorded('created');
  metrics.recorded('created');
  metrics.recorded('not_counted');
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('callqueue_capture_verdicts_total{result="created"} 2');
  expect(lines).toContain('callqueue_capture_verdicts_total{result="not_counted"} 1');
  expect(lines).toContain('callqueue_capture_verdicts_total{result="double"} 0');
});

it('sums up gaps by whether what happened in them is known, and leaves them out when the database is away', async () => {
  const gap = { pbx: 'asterisk-1', instance: 'one', reason: 'connection_lost' };
  const gaps = [
    { ...gap, from: NOW - 60, to: null, isFilled: null },
    { ...gap, from: NOW - 500, to: NOW - 400, isFilled: true },
    { ...gap, from: NOW - 900, to: NOW - 890, isFilled: false },
    { ...gap, from: NOW - 1000, to: NOW - 980, isFilled: false },
  ];
  const lines = await figuresOf(pbxStatusOf(), async () => sumGaps(gaps, NOW));
  expect(lines.filter((line) => line.startsWith('callqueue_capture_gap'))).toEqual([
    'callqueue_capture_gaps{filled="yes"} 1',
    'callqueue_capture_gaps{filled="no"} 2',
    'callqueue_capture_gaps{filled="undecided"} 1',
    'callqueue_capture_gap_seconds{filled="yes"} 100',
    'callqueue_capture_gap_seconds{filled="no"} 30',
    'callqueue_capture_gap_seconds{filled="undecided"} 60',
  ]);
  const away = await figuresOf(pbxStatusOf(), async () => {
    throw new Error('away');
  });
  expect(away.filter((line) => line.startsWith('callqueue_capture_gap'))).toEqual([]);
  expect(away).toContain('callqueue_pbx_up 1');
});

it('names neither callers, queues, contexts nor addresses', async () => {
  const caller = { legId: '1800000000.1', queue: 'sales', number: '+441632960001', name: 'Ann', since: NOW - 5 };
  const status = pbxStatusOf({
    waitingCallers: [caller],
    numbersOnLine: ['+441632960001'],
    contextsSeen: [{ context: 'from-trunk', calls: 3, isInbound: true }],
    queueLog: { place: '/var/log/asterisk/queue_log', isAtEnd: true, lastAt: NOW, failure: undefined },
    lastFailure: { at: NOW, reason: 'refused by 127.0.0.1' },
  });
  const text = (await figuresOf(status)).filter((line) => /^callqueue_(pbx|queue_log|capture)/.test(line)).join('\n');
  expect(text).toContain('callqueue_pbx_waiting_callers 1');
  expect(text).not.toMatch(/632960|Ann|sales|from-trunk|127\.0\.0\.1|asterisk|refused/);
});

it('shows nothing of a PBX in an app that has none', async () => {
  await using app = await startTestApp();
  const text = await (await app.fetch('/metrics')).text();
  expect(text).toContain('callqueue_capture_verdicts_total{result="created"} 0');
  expect(text).not.toMatch(/^callqueue_pbx_/m);
});
