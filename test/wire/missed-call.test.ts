import { expect, onTestFinished, test } from 'vitest';
import { MISSED_KINDS } from '../../client/src/contract.ts';
import type { Command } from '../../src/core/call-command.ts';
import { createInboundRoutes } from '../../src/core/inbound-route.ts';
import { jsonParameters, NOW, openTestApi } from '../support/api.ts';
import { missOf } from '../support/capture.ts';

const routes = createInboundRoutes(
  [],
  [
    {
      ...{ id: 1, country: 'RO', allowedCountries: ['RO'], mostAutoPerMinute: 30 },
      missedCalls: {
        ...{ kinds: MISSED_KINDS, shortestWaitSeconds: 0, type: 'queue', destination: 'sales', priority: 0 },
        ...{ outboundType: 'manual', attendType: 'attended', maxRetries: 0, outboundNumber: null },
        scheduleAfterSeconds: null,
      },
    },
  ],
);

test('a missed call is read through the API, and gone from the open ones once the number is reached in another form', async () => {
  const api = await openTestApi();
  onTestFinished(() => api.close());
  const context = { actor: 'system', moment: { now: NOW, pbxConnected: true }, projectIds: null };
  const execute = async (command: Command | undefined) => {
    if (command === undefined) throw new Error('nothing to record');
    return (await api.store.execute(command, context)).outcome;
  };
  const ask = async (parameters: Record<string, unknown>) =>
    JSON.parse((await api.ask(jsonParameters(parameters))).text);

  await execute(routes.recordMissed(missOf({ number: '0722 123 456', endedAt: NOW - 2 })));
  await execute(routes.recordMissed(missOf({ number: '0040722123456', endedAt: NOW - 1, legId: '2' })));
  expect((await ask({ action: 'read' })).results).toMatchObject([
    {
      ...{ source: 'missed_call', status: 'pending', status_reason: 'queue_hangup', caller_id: '0722 123 456' },
      ...{ missed_count: 2, first_missed_at: '2026-11-24 13:59:58', last_missed_at: '2026-11-24 13:59:59' },
    },
  ]);

  const reached = {
    how: 'outbound',
    pbx: 'p',
    legId: '3',
    did: null,
    queue: null,
    at: NOW,
    isOwnAttempt: false,
  } as const;
  await execute(routes.recordReached({ ...reached, type: 'reached', numbers: ['9', '+40722123456'] }));
  expect((await ask({ action: 'read' })).results).toMatchObject([
    { status: 'completed', status_reason: 'answered_elsewhere' },
  ]);
  const { results } = await ask({ action: 'history', data: { id: 1 } });
  expect(results).toMatchObject([
    { event: 'created', reason: 'queue_hangup', facts: { missed_at: '2026-11-24 13:59:58', queue: 'sales' } },
    { event: 'missed', reason: 'queue_hangup', facts: { missed_at: '2026-11-24 13:59:59', leg_id: '2' } },
    { event: 'answered_elsewhere', facts: { how: 'outbound', reached_at: '2026-11-24 14:00:00' } },
  ]);
});
