import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import {
  countMiss,
  type ListedMiss,
  mergeItems,
  missedItem,
  missedItemBegan,
  reach,
} from '../../src/core/missed-item.ts';
import { missOf, targetOf } from '../support/capture.ts';
import { NOW } from '../support/commands.ts';

const miss = (changes: Parameters<typeof missOf>[0] = {}) => missOf(changes) as ListedMiss;
const item = (changes: Partial<Call> = {}): Call => ({ ...missedItem(1, miss(), targetOf(), NOW), ...changes });
const closed = ['completed', 'cancelled', 'deleted'] as const;

describe('a missed call', () => {
  test('begins with its kind as the reason, in the row and in the history', () => {
    const fresh = missedItem(7, miss({ kind: 'queue_full' }), targetOf({ scheduleAfterSeconds: 0 }), NOW);
    expect(fresh).toMatchObject({ id: 7, statusReason: 'queue_full', missedCount: 1, schedule: NOW - 2, retries: 0 });
    expect(
      missedItemBegan(miss({ queue: null, did: null }), targetOf({ manualBecause: 'number_not_allowed' })),
    ).toEqual({
      ...{ event: 'created', reason: 'queue_hangup' },
      facts: {
        ...{ missed_at: NOW - 2, wait_seconds: 12, pbx: 'asterisk-1', leg_id: '1800000000.1' },
        manual_because: 'number_not_allowed',
      },
    });
  });

  test.each(['pending', 'inprogress'] as const)(
    'is counted further while %s, and keeps all that others set',
    (status) => {
      const before = item({
        status,
        claimedBy: 'ana',
        callerIdName: 'Ana',
        schedule: NOW + 9,
        priority: 7,
        retries: 1,
      });
      const { call, happening } = countMiss(before, miss({ endedAt: NOW + 5, name: 'Bea', kind: 'busy' }), NOW + 6);
      const counted = { missedCount: 2, firstMissedAt: NOW - 2, lastMissedAt: NOW + 5, updatedAt: NOW + 6 };
      expect(call).toEqual({ ...before, ...counted });
      expect(happening).toMatchObject({ event: 'missed', reason: 'busy', facts: { missed_at: NOW + 5 } });
    },
  );

  test('is counted at the time it happened, when that is told late', () => {
    const { call } = countMiss(item(), miss({ endedAt: NOW - 900 }), NOW);
    expect(call).toMatchObject({ missedCount: 2, firstMissedAt: NOW - 900, lastMissedAt: NOW - 2 });
  });

  test.each(closed)('that is %s is not counted further', (status) => {
    expect(() => countMiss(item({ status }), miss(), NOW)).toThrow(`A call cannot go from ${status}`);
  });
});

describe('a customer who is reached', () => {
  const by = { how: 'inbound', at: NOW } as const;

  test.each<[string, Partial<Call>, object, string]>([
    ['a pending item is completed', {}, {}, 'answered_elsewhere'],
    ['also in the second of the miss', {}, { at: NOW - 2 }, 'answered_elsewhere'],
    ['also by an attempt of ours for another row', {}, { isOwnAttempt: true }, 'answered_elsewhere'],
    ['not by what was before the last miss', {}, { at: NOW - 3 }, 'unchanged'],
    ['one that an agent holds is told of it', { status: 'inprogress', claimedBy: 'ana' }, {}, 'reached'],
    [
      'one that the dialler holds is not told of its own attempt',
      { status: 'inprogress' },
      { isOwnAttempt: true },
      'unchanged',
    ],
    ...closed.map((status): [string, Partial<Call>, object, string] => [
      `one that is ${status} stays so`,
      { status },
      {},
      'unchanged',
    ]),
  ])('%s', (_, changes, reached, expected) => {
    const before = item(changes);
    const decision = reach(before, { ...by, ...reached }, NOW + 1);
    expect(decision.kind === 'change' ? decision.happening.event : decision.kind).toBe(expected);
    if (expected === 'reached') expect(decision).toMatchObject({ call: { ...before, updatedAt: NOW + 1 } });
    if (expected === 'answered_elsewhere') {
      expect(decision).toMatchObject({ call: { status: 'completed', statusReason: expected, missedCount: 1 } });
    }
  });
});

describe('two open items of one number', () => {
  const second = (changes: Partial<Call> = {}) => item({ id: 2, missedCount: 3, firstMissedAt: NOW - 90, ...changes });
  const held = { status: 'inprogress', claimedBy: 'ana' } as const;

  test.each<[string, Partial<Call>, Partial<Call>, number | undefined]>([
    ['the first is kept where nobody holds either', {}, {}, 1],
    ['the first is kept where somebody holds it', held, {}, 1],
    ['the second is kept where somebody holds it', {}, held, 2],
    ['both stay where both are held', held, held, undefined],
  ])('%s', (_, one, other, keptId) => {
    const merged = mergeItems(item(one), second(other), NOW);
    expect(merged?.kept.call.id).toBe(keptId);
    if (merged === undefined) return;
    expect(merged.kept.call).toMatchObject({ missedCount: 4, firstMissedAt: NOW - 90, lastMissedAt: NOW - 2 });
    expect(merged.dropped.call).toMatchObject({ status: 'cancelled', statusReason: 'same_number' });
  });
});
