import { describe, expect, it } from 'vitest';
import { CALL_EVENTS, STATUSES, type Status } from '../../client/src/contract.ts';
import type { Call } from '../../src/core/call.ts';
import {
  cancel,
  claim,
  complete,
  type Decision,
  edit,
  expireLease,
  extend,
  isPossible,
  release,
  remove,
} from '../../src/core/call-life.ts';
import { makeCall } from '../support/make-call.ts';

const NOW = 1_800_000_000;

function call(fields: Partial<Call> = {}): Call {
  return { ...makeCall({ maxRetries: 2, createdAt: NOW - 100, updatedAt: NOW - 100 }), id: 7, ...fields };
}

const held = (fields: Partial<Call> = {}) =>
  call({ status: 'inprogress', claimedBy: 'ana', claimedUntil: NOW + 60, ...fields });

/** Every situation that a decision can meet. */
const SITUATIONS: Record<string, Call> = {
  pending: call(),
  'held by ana': held(),
  'held by another': held({ claimedBy: 'bob' }),
  'being dialled': call({ status: 'inprogress' }),
  'lease over': held({ claimedUntil: NOW }),
  completed: call({ status: 'completed' }),
  cancelled: call({ status: 'cancelled' }),
  deleted: call({ status: 'deleted' }),
};

const ACTIONS: Record<string, (call: Call) => Decision> = {
  claim: (c) => claim(c, 'ana', 600, NOW),
  extend: (c) => extend(c, 'ana', 600, NOW),
  release: (c) => release(c, 'ana', NOW),
  'release by force': (c) => release(c, 'ana', NOW, { force: true }),
  expire: (c) => expireLease(c, NOW),
  complete: (c) => complete(c, 'ana', { result: 'answered' }, NOW),
  'complete with retry': (c) => complete(c, 'ana', { retryAt: NOW + 900 }, NOW),
  cancel: (c) => cancel(c, 'cancelled_by_api', undefined, NOW),
  delete: (c) => remove(c, 'deleted_by_api', NOW),
  edit: (c) => edit(c, { priority: 5 }, NOW),
};

/** What each action does in each situation, in the order of `ACTIONS`: the new status, `=` unchanged, or why not. */
const EXPECTED: Record<string, string[]> = {
  pending: [
    'inprogress',
    'not_held',
    'not_held',
    'not_held',
    '=',
    'not_held',
    'not_held',
    'cancelled',
    'deleted',
    'pending',
  ],
  'held by ana': [
    'inprogress',
    'inprogress',
    'pending',
    'pending',
    '=',
    'completed',
    'pending',
    'cancelled',
    'held',
    'held',
  ],
  'held by another': ['held', 'held', 'held', 'pending', '=', 'held', 'held', 'cancelled', 'held', 'held'],
  'being dialled': [
    'being_dialled',
    'being_dialled',
    'being_dialled',
    'being_dialled',
    '=',
    'being_dialled',
    'being_dialled',
    'cancelled',
    'being_dialled',
    'being_dialled',
  ],
  'lease over': [
    'inprogress',
    'inprogress',
    'pending',
    'pending',
    'pending',
    'completed',
    'pending',
    'cancelled',
    'held',
    'held',
  ],
  completed: ['status', 'status', 'status', 'status', '=', 'status', 'status', 'status', 'deleted', 'status'],
  cancelled: ['status', 'status', 'status', 'status', '=', 'status', 'status', '=', 'deleted', 'status'],
  deleted: ['status', 'status', 'status', 'status', '=', 'status', 'status', 'status', '=', 'status'],
};

const summary = (decision: Decision): string =>
  decision.kind === 'change' ? decision.call.status : decision.kind === 'unchanged' ? '=' : decision.why;

describe('the life of a call', () => {
  it.each(Object.keys(SITUATIONS))('decides every action on a call that is: %s', (situation) => {
    const got = Object.values(ACTIONS).map((act) => summary(act(SITUATIONS[situation]!)));
    expect(got).toEqual(EXPECTED[situation]);
  });

  it('allows exactly the status changes of the documented table', () => {
    const documented = [
      'pending → inprogress by claimed',
      'pending → completed by answered_elsewhere',
      'pending → cancelled by cancelled',
      'pending → deleted by deleted',
      'inprogress → pending by released',
      'inprogress → pending by lease_expired',
      'inprogress → pending by retry_planned',
      'inprogress → completed by completed',
      'inprogress → cancelled by cancelled',
      'completed → deleted by deleted',
      'cancelled → deleted by deleted',
    ];
    const pairs = STATUSES.flatMap((from) => STATUSES.filter((to) => to !== from).map((to) => [from, to] as const));
    const possible = pairs.flatMap(([from, to]) =>
      CALL_EVENTS.filter((event) => isPossible(from, to, event)).map((event) => `${from} → ${to} by ${event}`),
    );
    expect(possible.sort()).toEqual(documented.sort());
  });

  it('never changes a call that it was given, and stamps every change', () => {
    for (const act of Object.values(ACTIONS)) {
      for (const situation of Object.values(SITUATIONS)) {
        const before = structuredClone(situation);
        const decision = act(situation);
        expect(situation).toEqual(before);
        if (decision.kind === 'change') expect(decision.call.updatedAt).toBe(NOW);
      }
    }
  });

  it('leaves no holder on a call that is not in progress', () => {
    for (const act of Object.values(ACTIONS)) {
      for (const situation of Object.values(SITUATIONS)) {
        const decision = act(situation);
        if (decision.kind !== 'change' || decision.call.status === 'inprogress') continue;
        expect([decision.call.claimedBy, decision.call.claimedUntil]).toEqual([null, null]);
      }
    }
  });

  it('names holder and time when somebody else has the call', () => {
    expect(claim(SITUATIONS['held by another']!, 'ana', 600, NOW)).toEqual({
      kind: 'conflict',
      why: 'held',
      by: 'bob',
      until: NOW + 60,
    });
  });

  it('gives a lease that begins now', () => {
    const decision = claim(call(), 'ana', 600, NOW);
    expect(decision).toMatchObject({ call: { claimedBy: 'ana', claimedUntil: NOW + 600 } });
    expect(extend(held(), 'ana', 30, NOW)).toMatchObject({ call: { claimedUntil: NOW + 30 } });
  });

  it('gives a call back for later, and tells whom a supervisor took it from', () => {
    expect(release(held(), 'ana', NOW, { schedule: NOW + 3600 })).toMatchObject({ call: { schedule: NOW + 3600 } });
    expect(release(held({ claimedBy: 'bob' }), 'ana', NOW, { force: true })).toMatchObject({
      happening: { event: 'released', facts: { held_by: 'bob', forced: true } },
    });
  });

  it('uses one retry for a planned attempt and refuses one beyond the budget', () => {
    const decision = complete(held({ retries: 1 }), 'ana', { result: 'busy', retryAt: NOW + 300 }, NOW);
    expect(decision).toMatchObject({
      call: { retries: 2, nextAttemptAt: NOW + 300, lastResult: 'busy', lastAttemptAt: NOW },
    });
    expect(complete(held({ retries: 2 }), 'ana', { retryAt: NOW + 300 }, NOW)).toEqual({
      kind: 'conflict',
      why: 'retries_used',
      maxRetries: 2,
    });
  });

  it('keeps disposition and note in the history', () => {
    const decision = complete(held(), 'ana', { result: 'answered', disposition: 'sold', note: 'wants two' }, NOW);
    expect(decision).toMatchObject({
      call: { status: 'completed', lastResult: 'answered' },
      happening: { facts: { agent: 'ana', result: 'answered', disposition: 'sold', note: 'wants two' } },
    });
  });

  it('refuses an edit of a call that was changed since, with the call as it is', () => {
    const now = call({ updatedAt: NOW - 5 });
    expect(edit(now, { priority: 1 }, NOW, NOW - 6)).toEqual({ kind: 'conflict', why: 'changed_since', call: now });
    expect(edit(now, { priority: 1 }, NOW, NOW - 5)).toMatchObject({ kind: 'change', call: { priority: 1 } });
  });

  it('takes an edit that says what is so already for no change, whatever the order of variables', () => {
    const stored = call({ vars: { a: '1', b: '2' }, priority: 3 });
    expect(edit(stored, { vars: { b: '2', a: '1' }, priority: 3 }, NOW)).toEqual({ kind: 'unchanged' });
    expect(edit(stored, { vars: { a: '1' } }, NOW)).toMatchObject({ happening: { facts: { fields: ['vars'] } } });
  });

  it('refuses an edit that leaves the dialler without an agent to ring first', () => {
    expect(edit(call(), { outboundType: 'auto' }, NOW)).toEqual({ kind: 'conflict', why: 'destination_missing' });
    const dialled = call({ outboundType: 'auto', type: 'queue', destination: 'sales' });
    expect(summary(edit(dialled, { type: null, destination: null }, NOW))).toBe('destination_missing');
    expect(summary(edit(dialled, { type: null, destination: null, attendType: 'unattended' }, NOW))).toBe('pending');
    expect(summary(edit(call({ type: 'user', destination: '100' }), { outboundType: 'auto' }, NOW))).toBe('pending');
  });

  it('closes in every status but in progress only what the table says', () => {
    const final: Status[] = ['completed', 'cancelled', 'deleted'];
    for (const status of final) {
      expect(summary(claim(call({ status }), 'ana', 600, NOW))).toBe('status');
    }
  });
});
