import { describe, expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import type { Derivation, Store } from '../../src/core/call-store.ts';
import type { RecordMissedCommand } from '../../src/core/capture-command.ts';
import { DuplicateCallError } from '../../src/core/errors.ts';
import { missCommand, reachCommand, record } from '../support/capture.ts';
import { carryOut, claimOf, contextOf, execute, NOW, save } from '../support/commands.ts';
import { plainDerivation } from '../support/derivation.ts';
import { makeCall } from '../support/make-call.ts';
import type { OpenStore } from './call-store-contract.ts';

const moment = { now: NOW, pbxConnected: false };
const DAY = 86_400;
const numberOf = (index: number) => `+441632960${String(index).padStart(3, '0')}`;

/** What every store has to do with what a PBX tells. @param prepare called at the beginning of each test */
export function describeCapture(name: string, prepare: () => OpenStore): void {
  const openStore = async () => {
    const [store] = await openStores(1);
    return store as Store;
  };
  /** Several at once on the same database, as several instances have it. */
  const openStores = async (count: number) => {
    const open = prepare();
    const stores: Store[] = [];
    for (let index = 0; index < count; index += 1) stores.push(await open('calls'));
    onTestFinished(async () => {
      for (const store of stores) await store.close();
    });
    return stores;
  };
  const all = async (store: Store) =>
    (await store.readCalls({ filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment })).calls;
  const events = async (store: Store, id = 1) =>
    ((await store.history(id, null)) ?? []).map(({ event, from, to, reason }) => [event, from, to, reason]);

  describe(`${name}: missed calls`, () => {
    test('a miss makes a row with all that its route says, and history and feed tell it', async () => {
      const store = await openStore();
      const target = { projectId: 3, priority: 5, maxRetries: 2, outboundNumber: '+441632960999' };
      const miss = { name: 'Zoë', legId: '7.1', isInferred: true };
      expect(await record(store, missCommand(miss, { ...target, scheduleAfterSeconds: 60 }))).toBe('created');
      expect(await all(store)).toEqual([
        expect.objectContaining({
          ...{ id: 1, projectId: 3, inboundRouteId: 12, source: 'missed_call', status: 'pending' },
          ...{ statusReason: 'queue_hangup', callerId: '+441632960001', callerIdName: 'Zoë', dnid: '+441632960900' },
          ...{ outboundNumber: '+441632960999', outboundType: 'manual', type: 'queue', destination: 'sales' },
          ...{ priority: 5, maxRetries: 2, schedule: NOW + 58, missedCount: 1 },
          ...{ firstMissedAt: NOW - 2, lastMissedAt: NOW - 2, createdAt: NOW, updatedAt: NOW },
        }),
      ]);
      expect(await store.history(1, null)).toEqual([
        {
          ...{ at: NOW, actor: 'system', event: 'created', from: null, to: 'pending', reason: 'queue_hangup' },
          facts: {
            ...{ missed_at: NOW - 2, wait_seconds: 12, pbx: 'asterisk-1', leg_id: '7.1', queue: 'sales' },
            ...{ did: '+441632960900', inferred: true },
          },
        },
      ]);
      expect(await store.lastSequence()).toBe(1);
      const found = await store.readRendered({
        ...{ filter: { callerNumbers: ['+441632960001'], search: 'zoë' }, sort: 'id', limit: 10 },
        ...{ at: { page: 1 }, moment },
      });
      expect(found.rowCount).toBe(1);
    });

    test('a further miss is counted in the same row, whatever the notation and the order', async () => {
      const store = await openStore();
      await record(store, missCommand({ legId: 'b', endedAt: NOW - 50 }));
      const later = missCommand({ legId: 'c', number: '0044 1632 960001', name: 'Zoë', kind: 'no_answer' });
      expect(await record(store, later)).toBe('counted');
      expect(await record(store, missCommand({ legId: 'a', endedAt: NOW - 90 }))).toBe('counted');
      expect(await all(store)).toMatchObject([
        {
          ...{ missedCount: 3, firstMissedAt: NOW - 90, lastMissedAt: NOW - 2, statusReason: 'queue_hangup' },
          ...{ callerIdName: 'Zoë', callerId: '+441632960001' },
        },
      ]);
      expect(await events(store)).toEqual([
        ['created', null, 'pending', 'queue_hangup'],
        ['missed', 'pending', 'pending', 'no_answer'],
        ['missed', 'pending', 'pending', 'queue_hangup'],
      ]);
      expect(await store.lastSequence()).toBe(3);
    });

    test('another project, another number and an order of the API are items of their own', async () => {
      const store = await openStore();
      await save(store, [{ callerId: '+441632960001' }]);
      await record(store, missCommand({ legId: 'a' }));
      await record(store, missCommand({ legId: 'b' }, { projectId: 2 }));
      await record(store, missCommand({ legId: 'c', number: '+441632960002' }));
      expect(await all(store)).toHaveLength(4);
    });

    test('the same leg counts once, and the leg of another PBX is another one', async () => {
      const store = await openStore();
      expect(await record(store, missCommand())).toBe('created');
      expect(await record(store, missCommand({ isInferred: true, endedAt: NOW }))).toBe('double');
      expect(await store.lastSequence()).toBe(1);
      expect(await record(store, missCommand({ pbx: 'asterisk-2' }))).toBe('counted');
      expect(await all(store)).toMatchObject([{ missedCount: 2 }]);
    });

    test('a miss while somebody holds the item is counted and leaves it held', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await carryOut(store, claimOf('ana', { id: 1 }));
      expect(await record(store, missCommand({ legId: 'b' }))).toBe('counted');
      expect(await all(store)).toMatchObject([{ status: 'inprogress', claimedBy: 'ana', missedCount: 2 }]);
    });

    test('a miss that a PBX whose clock is ahead has told of can be claimed at once', async () => {
      const store = await openStore();
      await record(store, missCommand({ endedAt: NOW + 1_000 }));
      expect(await carryOut(store, claimOf('ana'))).toMatchObject([{ claimedBy: 'ana' }]);
    });

    test('a miss after the item was closed makes a new row', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await carryOut(store, { kind: 'cancel', rows: { ids: [1] }, code: 'c' });
      expect(await record(store, missCommand({ legId: 'b' }))).toBe('created');
      expect(await all(store)).toMatchObject([
        { status: 'cancelled', missedCount: 1 },
        { status: 'pending', missedCount: 1 },
      ]);
    });

    test('a caller who cannot be called back makes no row and is counted once', async () => {
      const store = await openStore();
      const withheld = missCommand({ number: null }, {}, 'withheld');
      expect(await record(store, withheld)).toBe('withheld');
      expect(await record(store, withheld)).toBe('double');
      expect(await record(store, missCommand({ number: null, legId: 'b' }, {}, 'withheld'))).toBe('withheld');
      expect(await record(store, missCommand({ number: null, legId: 'c' }, { projectId: 2 }, 'not_dialable'))).toBe(
        'not_dialable',
      );
      expect(await all(store)).toEqual([]);
      expect(await store.unlistedMisses({ since: NOW - 10, projectIds: null })).toEqual([
        { projectId: 1, why: 'withheld', count: 2, lastAt: NOW - 2 },
        { projectId: 2, why: 'not_dialable', count: 1, lastAt: NOW - 2 },
      ]);
      expect(await store.unlistedMisses({ since: NOW - 10, projectIds: [2] })).toHaveLength(1);
      expect(await store.unlistedMisses({ since: NOW + 3_600, projectIds: null })).toEqual([]);
    });

    test('a leg of our own attempts makes no row', async () => {
      const store = await openStore();
      expect(await record(store, { kind: 'record_own_channels', channelIds: ['own.1', 'own.2'] })).toBe('kept');
      expect(await record(store, { kind: 'record_own_channels', channelIds: ['own.2'] })).toBe('kept');
      expect([await store.isOwnChannel('own.2'), await store.isOwnChannel('1.1')]).toEqual([true, false]);
      expect(await record(store, missCommand({ legId: 'own.1' }))).toBe('own_attempt');
      expect(await all(store)).toEqual([]);
    });

    test('a record that is read once more from its beginning brings no leg back that was forgotten', async () => {
      const store = await openStore();
      const old = missCommand({ legId: 'old', endedAt: NOW - 30 * DAY });
      expect(await record(store, old, NOW - 30 * DAY)).toBe('created');
      expect(await record(store, missCommand())).toBe('counted');
      expect(await record(store, old)).toBe('double');
      // By now it is forgotten.
      const later = NOW + 3 * DAY;
      expect(await record(store, missCommand({ legId: 'new', endedAt: later }), later)).toBe('counted');
      expect(await record(store, old, later)).toBe('too_old');
      expect(await record(store, missCommand({ legId: 'late', endedAt: later - 30 * DAY }), later)).toBe('counted');
      expect(await all(store)).toMatchObject([{ missedCount: 4 }]);
    });

    test.each([-20_000, 5_000])('a PBX whose clock is wrong by %i days has its callers in the list', async (days) => {
      const store = await openStore();
      const at = NOW + days * DAY;
      await record(store, missCommand({ pbx: 'right' }));
      expect(await record(store, missCommand({ legId: 'a', endedAt: at, number: '+441632960002' }))).toBe('created');
      expect(await record(store, missCommand({ legId: 'b', endedAt: at + 9, number: '+441632960002' }))).toBe(
        'counted',
      );
      // Set right since then.
      expect(await record(store, missCommand({ legId: 'c', number: '+441632960003' }))).toBe('created');
      expect(await record(store, missCommand({ legId: 'd' }))).toBe('counted');
    });

    test('more automatic items than a minute may have become manual ones', async () => {
      const store = await openStore();
      const auto = (index: number) =>
        missCommand({ legId: `${index}`, number: numberOf(index) }, { outboundType: 'auto', mostAutoPerMinute: 2 });
      for (let index = 0; index < 4; index += 1) await record(store, auto(index));
      expect((await all(store)).map(({ outboundType }) => outboundType)).toEqual(['auto', 'auto', 'manual', 'manual']);
      expect((await store.history(3, null))?.[0]?.facts).toMatchObject({ manual_because: 'too_many' });
      await record(store, auto(4), NOW + 60);
      expect((await all(store)).at(-1)).toMatchObject({ outboundType: 'auto' });
    });

    test.each([false, true])('items that a country makes one are merged, also if one is held: %s', async (isHeld) => {
      const open = prepare();
      const before = await open('calls');
      const national = { number: '01632960001', name: 'Zoë' };
      expect(await record(before, missCommand({ legId: 'a' }))).toBe('created');
      expect(await record(before, missCommand({ legId: 'b', endedAt: NOW - 90, ...national }))).toBe('created');
      await record(before, missCommand({ legId: 'c', endedAt: NOW - 50, ...national }));
      if (isHeld) await carryOut(before, claimOf('ana', { id: 2 }));
      await before.close();
      const withCountry: Derivation = {
        ...plainDerivation,
        version: 'with a country',
        derive(call) {
          const derived = plainDerivation.derive(call);
          return { ...derived, callerNumber: derived.callerNumber.replace(/^0(?=[1-9])/, '+44') };
        },
      };
      const store = await open('calls', withCountry);
      onTestFinished(() => store.close());
      const [keptId, droppedId] = isHeld ? [2, 1] : [1, 2];
      const calls = await all(store);
      expect(calls.find(({ id }) => id === keptId)).toMatchObject({
        ...{ status: isHeld ? 'inprogress' : 'pending', missedCount: 3, callerIdName: 'Zoë' },
        ...{ firstMissedAt: NOW - 90, lastMissedAt: NOW - 2 },
      });
      expect(calls.find(({ id }) => id === droppedId)).toMatchObject({
        ...{ status: 'cancelled', statusReason: 'same_number' },
      });
      expect((await store.history(keptId as number, null))?.at(-1)).toMatchObject({
        ...{ event: 'updated', actor: 'system', facts: { merged: droppedId, missed_count: isHeld ? 1 : 2 } },
      });
      // Both are found by the number as it is compared now.
      const filter = { callerNumbers: ['+441632960001'] };
      expect((await store.readRendered({ filter, sort: 'id', limit: 9, at: { page: 1 }, moment })).rowCount).toBe(2);
    });

    test('an import cannot make two open items of one number', async () => {
      const store = await openStore();
      const open = { source: 'missed_call', callerId: '+441632960001' } as const;
      const session = await store.beginImport();
      await session.add([
        makeCall(open),
        makeCall({ ...open, status: 'completed' }),
        makeCall({ ...open, projectId: 2 }),
      ]);
      for (const status of ['pending', 'inprogress'] as const) {
        await expect(session.add([makeCall({ ...open, status })])).rejects.toThrow(DuplicateCallError);
      }
      await session.commit();
      expect(await all(store)).toHaveLength(3);
    });

    test('an edit cannot make two open items of one number', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await record(store, missCommand({ legId: 'b', number: '+441632960002' }));
      const edit = { id: 2, content: { callerId: '+441632960001' } };
      expect(await execute(store, { kind: 'update', edits: [edit] })).toEqual({
        kind: 'refused',
        rows: [{ id: 2, index: 0, why: 'duplicate', of: 1 }],
      });
    });
  });

  describe(`${name}: customers who are reached`, () => {
    test.each(['inbound', 'outbound'] as const)('a pending item is completed by an %s call', async (how) => {
      const store = await openStore();
      await record(store, missCommand());
      expect(await record(store, reachCommand({ how }), NOW + 5)).toBe('cleared');
      expect(await all(store)).toMatchObject([
        { status: 'completed', statusReason: 'answered_elsewhere', updatedAt: NOW + 5 },
      ]);
      expect((await store.history(1, null))?.[1]).toEqual({
        ...{ at: NOW + 5, actor: 'system', event: 'answered_elsewhere', from: 'pending', to: 'completed' },
        ...{ reason: 'answered_elsewhere', facts: { how, reached_at: NOW } },
      });
      expect(await record(store, reachCommand({ how }))).toBe('double');
      expect(await store.lastSequence()).toBe(2);
    });

    test('only missed calls of the projects and numbers named are about it', async () => {
      const store = await openStore();
      await save(store, [{ callerId: '+441632960001' }]);
      await record(store, missCommand({ legId: 'a', number: '+441632960002' }));
      await record(store, missCommand({ legId: 'b' }, { projectId: 2 }));
      expect(await record(store, reachCommand())).toBe('nothing');
      const among = [1, 2].map((projectId) => ({ projectId, numbers: ['101', '+441632960001'] }));
      expect(await record(store, reachCommand({ legId: 'd' }, among))).toBe('cleared');
      expect((await all(store)).map(({ status }) => status)).toEqual(['pending', 'pending', 'completed']);
    });

    test('an item that somebody holds is left alone, and its history says so', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await carryOut(store, claimOf('ana', { id: 1 }));
      expect(await record(store, reachCommand({ legId: 'own', isOwnAttempt: true }))).toBe('nothing');
      expect(await record(store, reachCommand())).toBe('left_alone');
      expect(await all(store)).toMatchObject([{ status: 'inprogress', claimedBy: 'ana', claimedUntil: NOW + 600 }]);
      expect((await store.history(1, null))?.slice(2)).toMatchObject([
        { event: 'reached', from: 'inprogress', to: 'inprogress', facts: { how: 'outbound', held_by: 'ana' } },
      ]);
    });

    test('an item whose lease has run out is pending and is completed', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await carryOut(store, claimOf('ana', { id: 1 }));
      expect(await record(store, reachCommand({ at: NOW + 600 }), NOW + 600)).toBe('cleared');
      expect((await events(store)).map(([event]) => event)).toEqual([
        ...['created', 'claimed', 'lease_expired', 'answered_elsewhere'],
      ]);
    });

    test('what was before the last miss and is told after it does not clear the item', async () => {
      const store = await openStore();
      await record(store, missCommand());
      expect(await record(store, reachCommand({ at: NOW - 3 }))).toBe('nothing');
      expect(await record(store, reachCommand({ legId: 'b', at: NOW - 2 }))).toBe('cleared');
    });

    test('a miss that is told after the customer was reached makes no open item', async () => {
      const store = await openStore();
      await record(store, reachCommand());
      expect(await record(store, missCommand())).toBe('created_closed');
      expect(await all(store)).toMatchObject([{ status: 'completed', statusReason: 'answered_elsewhere' }]);
      expect(await events(store)).toEqual([
        ['created', null, 'pending', 'queue_hangup'],
        ['answered_elsewhere', 'pending', 'completed', 'answered_elsewhere'],
      ]);
      expect(await record(store, missCommand({ legId: 'b', endedAt: NOW }))).toBe('created');
    });

    test('a leg that one instance saw answered is not missed, because another lost sight of it', async () => {
      const store = await openStore();
      await record(store, reachCommand({ legId: 'x', how: 'inbound', at: NOW - 10 }));
      expect(await record(store, missCommand({ legId: 'x', isInferred: true }))).toBe('double');
      expect(await all(store)).toEqual([]);
    });
  });

  describe(`${name}: several witnesses`, () => {
    test('10,000 misses told twice in any order by two instances at once are counted exactly', async () => {
      const stores = await openStores(2);
      const random = randomOf(13);
      const numbers = 500;
      const misses = Array.from({ length: 10_000 }, (_, index) =>
        missCommand({ legId: `${index}`, number: numberOf(index % numbers), endedAt: NOW - 20_000 + index }),
      );
      const shuffled = () => misses.map((miss) => ({ miss, at: random() })).sort((a, b) => a.at - b.at);
      const recorded = await Promise.all(
        stores.map(async (store) => {
          const outcomes: string[] = [];
          const order = shuffled();
          for (let from = 0; from < order.length; from += 250) {
            const batch = order.slice(from, from + 250).map(({ miss }) => record(store, miss));
            outcomes.push(...(await Promise.all(batch)));
          }
          return outcomes;
        }),
      );
      const counts: Record<string, number> = {};
      for (const as of recorded.flat()) counts[as] = (counts[as] ?? 0) + 1;
      expect(counts).toEqual({ created: numbers, counted: 10_000 - numbers, double: 10_000 });
      const calls = await all(stores[0] as Store);
      expect(calls).toHaveLength(numbers);
      for (const [index, call] of calls.sort((a, b) => (a.callerId < b.callerId ? -1 : 1)).entries()) {
        const firstMissedAt = NOW - 20_000 + index;
        expect(call).toMatchObject({
          ...{ callerId: numberOf(index), missedCount: 20, firstMissedAt },
          lastMissedAt: firstMissedAt + 19 * numbers,
        });
      }
      expect(await stores[1]?.lastSequence()).toBe(10_000);
    });

    test('500 misses of one number at once by two instances make one row', async () => {
      const stores = await openStores(2);
      const told = stores.flatMap((store, which) =>
        Array.from({ length: 250 }, (_, index) => record(store, missCommand({ legId: `${which}.${index}` }))),
      );
      expect((await Promise.all(told)).filter((as) => as === 'created')).toHaveLength(1);
      expect(await all(stores[0] as Store)).toMatchObject([{ missedCount: 500 }]);
    });

    test('a command that is refused in the same commit undoes nothing of a miss', async () => {
      const store = await openStore();
      const commands: [RecordMissedCommand, ...RecordMissedCommand[]] = [missCommand(), missCommand({ legId: 'b' })];
      const told = commands.map((command) => record(store, command));
      const refused = execute(store, { kind: 'note', id: 99, text: 'x' }, contextOf());
      expect(await Promise.all(told)).toEqual(['created', 'counted']);
      expect((await refused).kind).toBe('refused');
    });
  });

  describe(`${name}: watching a PBX`, () => {
    test('a gap is told again when it ends and when it is filled, and stays one', async () => {
      const [store, other] = (await openStores(2)) as [Store, Store];
      const gap = { pbx: 'p', instance: 'i', from: NOW - 100, to: null, reason: 'connection_lost', isFilled: null };
      const tell = (by: Store, changes: object) => record(by, { kind: 'record_gap', gap: { ...gap, ...changes } });
      const gaps = (since = NOW) => store.captureGaps({ since, limit: 10 });
      await tell(store, {});
      expect(await gaps()).toEqual([gap]);
      await tell(store, { to: NOW - 40 });
      await tell(other, { to: NOW - 40, isFilled: true });
      // Told again by whoever does not know the rest.
      await tell(store, { isFilled: false });
      const ended = { ...gap, to: NOW - 40, isFilled: true };
      expect(await gaps(NOW - 40)).toEqual([ended]);
      expect(await gaps(NOW - 39)).toEqual([]);
      await tell(store, { from: NOW - 50, instance: 'j', isFilled: false });
      expect(await store.captureGaps({ since: 0, limit: 1 })).toMatchObject([{ instance: 'j', isFilled: false }]);
    });

    test('the place last read is kept for each reader', async () => {
      const store = await openStore();
      expect(await store.keptPlace('p', 'a')).toBeUndefined();
      for (const place of ['{"offset":1}', '{"offset":2}']) {
        expect(await record(store, { kind: 'keep_place', pbx: 'p', reader: 'a', place })).toBe('kept');
      }
      expect(await store.keptPlace('p', 'a')).toBe('{"offset":2}');
      expect(await store.keptPlace('p', 'b')).toBeUndefined();
      expect(await store.lastSequence()).toBe(0);
    });
  });
}
