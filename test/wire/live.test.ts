import { expect, onTestFinished, test } from 'vitest';
import type { WaitingCaller } from '../../src/core/missed-calls.ts';
import type { PbxStatus } from '../../src/core/pbx.ts';
import { anyone, jsonParameters, NOW, openTestApi, type TestApiOptions } from '../support/api.ts';
import { missCommand } from '../support/capture.ts';
import { contextOf } from '../support/commands.ts';
import { pbxStatusOf } from '../support/pbx-status.ts';

const caller = (changes: Partial<WaitingCaller>): WaitingCaller => ({
  legId: '1800000000.1',
  queue: 'sales',
  number: '+441632960001',
  name: 'Ann',
  since: NOW - 30,
  ...changes,
});

async function open(options: TestApiOptions & { status?: Partial<PbxStatus> } = {}) {
  const { status, ...others } = options;
  const pbx = { isConnected: () => true, status: () => pbxStatusOf({ since: NOW - 60, ...status }) };
  const api = await openTestApi({ ...(status && { pbx }), ...others });
  onTestFinished(() => api.close());
  const ask = async (credential = anyone) => {
    const { results } = JSON.parse((await api.ask(jsonParameters({ action: 'live' }), { credential })).text);
    return results[0];
  };
  const miss = (n: number, at: number, projectId: number, why: 'withheld' | 'not_dialable' = 'withheld') =>
    api.store.execute(
      missCommand({ number: null, legId: `${n}`, endedAt: at }, { projectId }, why),
      contextOf({ actor: 'system', now: at }),
    );
  return { api, ask, miss };
}

test('callers of this moment are shown, longest first, each with the oldest open call to the number in any form', async () => {
  const waitingCallers = [
    caller({ number: '0722 123 456', since: NOW - 5 }),
    caller({ number: null, name: null, since: NOW - 90, queue: 'support' }),
    caller({}),
  ];
  const { api, ask } = await open({ status: { waitingCallers } });
  await api.add([
    { callerId: '+40722123456', status: 'completed' },
    { callerId: '0040722123456', status: 'pending' },
    { callerId: '0722123456', status: 'pending', projectId: 1 },
  ]);
  expect(await ask()).toMatchObject({
    pbx: { phase: 'up', since: '2026-11-24 13:59:00' },
    caller_count: 3,
    callers: [
      { number: null, name: null, queue: 'support', since: '2026-11-24 13:58:30', waited_seconds: 90, call_id: null },
      { number: '+441632960001', name: 'Ann', queue: 'sales', waited_seconds: 30, call_id: null },
      { number: '0722 123 456', waited_seconds: 5, call_id: 2 },
    ],
  });
});

test('a token limited to projects sees no caller, as whose they are is not known', async () => {
  const { ask } = await open({ status: { waitingCallers: [caller({})] } });
  const limited = await ask({ ...anyone, projectIds: [1, 2] });
  expect(limited).toMatchObject({ pbx: { phase: 'up' }, callers: null, caller_count: null });
  expect(JSON.stringify(limited)).not.toContain('632960');
});

test('a rush of callers is cut, and counted whole', async () => {
  const waitingCallers = Array.from({ length: 501 }, (_, n) =>
    caller({ number: `+4416329600${n % 10}`, since: NOW - n }),
  );
  const { ask } = await open({ status: { waitingCallers } });
  const { callers, caller_count } = await ask();
  expect([callers.length, callers[0].waited_seconds, caller_count]).toEqual([500, 500, 501]);
});

test('missed calls that nobody can be called back for are counted, of today and of a day, by project', async () => {
  const { ask, miss } = await open();
  const today = NOW - 6 * 3600;
  await miss(1, today, 1);
  await miss(2, today + 60, 1);
  await miss(3, NOW - 15 * 3600, 1);
  await miss(4, today, 2, 'not_dialable');
  await miss(5, NOW - 30 * 3600, 2);
  const one = { project_id: 1, why: 'withheld', today: 2, last_24_hours: 3, last_at: '2026-11-24 08:01:00' };
  const two = { project_id: 2, why: 'not_dialable', today: 1, last_24_hours: 1, last_at: '2026-11-24 08:00:00' };
  expect((await ask()).unlisted).toEqual([one, two]);
  expect((await ask({ ...anyone, projectIds: [2] })).unlisted).toEqual([two]);
});

test('on a day of 25 hours, today is all of it', async () => {
  // Clocks went back in Bucharest at 04:00 on 2026-10-25; it is 23:59:59 there.
  const now = Date.UTC(2026, 9, 25, 21, 59, 59) / 1000;
  const { ask, miss } = await open({ now: () => now });
  const began = Date.UTC(2026, 9, 24, 21) / 1000;
  await miss(1, began - 1, 1);
  await miss(2, began, 1);
  await miss(3, now, 1);
  expect((await ask()).unlisted).toMatchObject([{ today: 2, last_24_hours: 2 }]);
});
