import { expect, it, onTestFinished } from 'vitest';
import { createCallQueue } from '../../src/core/call-queue.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { openTestApi } from '../support/api.ts';

it('asks the clock and the PBX anew for each question', async () => {
  const { store, add, close } = await openTestApi();
  onTestFinished(close);
  await add([{ schedule: 100 }, { outboundType: 'auto' }]);
  let now = 99;
  let isConnected = false;
  const queue = createCallQueue({
    store,
    clock: { now: () => now },
    pbx: { ...noPbx, isConnected: () => isConnected },
  });
  const idsThatWaitFor = async (gate: 'schedule' | 'pbx_offline') => {
    const question = { filter: { waitingFor: [gate] }, sort: 'id', limit: 10, at: { page: 1 } } as const;
    const { calls, moment } = await queue.readCalls(question);
    expect(moment).toEqual({ now, pbxConnected: isConnected });
    expect((await queue.readRendered(question)).length).toBe(calls.length);
    return calls.map(({ id }) => id);
  };

  expect([await idsThatWaitFor('schedule'), await idsThatWaitFor('pbx_offline')]).toEqual([[1], [2]]);
  now = 100;
  isConnected = true;
  expect([await idsThatWaitFor('schedule'), await idsThatWaitFor('pbx_offline')]).toEqual([[], []]);
});

it('streams what matches at the moment of the question', async () => {
  const { store, add, close } = await openTestApi();
  onTestFinished(close);
  await add([{ schedule: 100 }, { schedule: 200 }, {}]);
  const queue = createCallQueue({ store, clock: { now: () => 150 }, pbx: noPbx });
  const ids: number[] = [];
  for await (const calls of queue.streamCalls({ due: true })) ids.push(...calls.map(({ id }) => id));
  expect(ids).toEqual([1, 3]);
});
