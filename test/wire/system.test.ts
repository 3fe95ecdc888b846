import { expect, onTestFinished, test } from 'vitest';
import type { PbxStatus } from '../../src/core/pbx.ts';
import { admin, anyone, jsonParameters, NOW, openTestApi, type TestApiOptions } from '../support/api.ts';
import { contextOf } from '../support/commands.ts';
import { pbxStatusOf } from '../support/pbx-status.ts';

async function open(status: Partial<PbxStatus> | undefined, options: TestApiOptions = {}) {
  const pbx = { isConnected: () => true, status: () => status && pbxStatusOf({ ...times, ...status }) };
  const api = await openTestApi({ pbx, ...options });
  onTestFinished(() => api.close());
  const ask = async (action: string, credential = admin) =>
    JSON.parse((await api.ask(jsonParameters({ action }), { credential })).text).results[0];
  const gap = (from: number, to: number | null, isFilled: boolean | null, instance = 'one') =>
    api.store.execute(
      { kind: 'record_gap', gap: { pbx: 'asterisk-1', instance, from, to, reason: 'connection_lost', isFilled } },
      contextOf({ actor: 'system', now: NOW }),
    );
  return { api, ask, gap };
}

const times = { since: NOW - 3600, startedAt: NOW - 86_400, lastEventAt: NOW - 2 };

test('system tells all that is known of the PBX', async () => {
  const { ask } = await open({
    lastFailure: { at: NOW - 3660, reason: 'The connection was closed by the PBX' },
    queued: 1,
    dropped: 2,
    legs: 3,
    lost: 4,
    contextsSeen: [{ context: 'from-trunk', calls: 9, isInbound: false }],
    queueLog: { place: '/var/log/queue_log', isAtEnd: false, lastAt: NOW - 90, failure: { at: NOW, reason: 'away' } },
  });
  expect((await ask('system')).pbx).toEqual({
    phase: 'up',
    since: '2026-11-24 13:00:00',
    address: '127.0.0.1:5038',
    name: 'asterisk-1',
    version: 'Asterisk 22.9.0',
    system_name: 'pbx1',
    started_at: '2026-11-23 14:00:00',
    last_event_at: '2026-11-24 13:59:58',
    events: 4711,
    last_failure: { at: '2026-11-24 12:59:00', reason: 'The connection was closed by the PBX' },
    queued: 1,
    dropped: 2,
    legs: 3,
    lost: 4,
    contexts: [{ context: 'from-trunk', calls: 9, is_inbound: false }],
    queue_log: {
      place: '/var/log/queue_log',
      at_end: false,
      last_at: '2026-11-24 13:58:30',
      failure: { at: '2026-11-24 14:00:00', reason: 'away' },
    },
  });
});

test('a PBX that was never reached is told with nulls', async () => {
  const never = { pbx: undefined, version: undefined, systemName: undefined, startedAt: undefined };
  const { ask } = await open({ phase: 'waiting', ...never, lastEventAt: undefined });
  expect((await ask('system')).pbx).toMatchObject({
    ...{ phase: 'waiting', name: null, version: null, system_name: null, started_at: null },
    ...{ last_event_at: null, last_failure: null, contexts: [], queue_log: null },
  });
});

test('gaps of the last seven days are told, newest first, with what is known of them', async () => {
  const { ask, gap } = await open({});
  await gap(NOW - 8 * 86_400, NOW - 8 * 86_400 + 60, true);
  await gap(NOW - 300, NOW - 200, true, 'two');
  await gap(NOW - 600, NOW - 570, false);
  await gap(NOW - 45, null, null);
  const same = { pbx: 'asterisk-1', instance: 'one', reason: 'connection_lost' };
  expect((await ask('system')).gaps).toEqual([
    { ...same, from: '2026-11-24 13:59:15', to: null, seconds: 45, filled: null },
    { ...same, instance: 'two', from: '2026-11-24 13:55:00', to: '2026-11-24 13:56:40', seconds: 100, filled: true },
    { ...same, from: '2026-11-24 13:50:00', to: '2026-11-24 13:50:30', seconds: 30, filled: false },
  ]);
});

test('the age of the backup and what the checks found are told as they are known', async () => {
  const findings = [{ subject: 'disk', verdict: 'warn', text: '900 MiB free' } as const];
  const { ask } = await open(undefined, {
    system: { lastBackupAt: async () => NOW - 7200, checks: async () => ({ at: NOW - 30, findings }) },
  });
  expect(await ask('system')).toMatchObject({
    backup: { last_at: '2026-11-24 12:00:00', age_seconds: 7200 },
    checks: { at: '2026-11-24 13:59:30', findings },
  });
});

test('stats tell whoever may read whether the PBX is heard, and the newest gap', async () => {
  const { ask, gap } = await open({});
  const limited = { ...anyone, projectIds: [2] };
  const brief = { phase: 'up', since: '2026-11-24 13:00:00', last_event_at: '2026-11-24 13:59:58' };
  expect((await ask('stats', limited)).pbx).toEqual({ ...brief, last_gap: null });
  await gap(NOW - 600, NOW - 570, false);
  await gap(NOW - 60, NOW - 50, true);
  expect((await ask('stats', limited)).pbx).toEqual({
    ...brief,
    last_gap: { from: '2026-11-24 13:59:00', to: '2026-11-24 13:59:10', seconds: 10, filled: true },
  });
});

test('stats tell of no PBX where there is none', async () => {
  const { ask } = await open(undefined);
  expect((await ask('stats', anyone)).pbx).toBeNull();
});
