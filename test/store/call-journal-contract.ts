import { setImmediate as breathe } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Command } from '../../src/core/call-command.ts';
import type { CallFilter } from '../../src/core/call-filter.ts';
import type { FeedQuestion } from '../../src/core/call-journal.ts';
import type { Store } from '../../src/core/call-store.ts';
import { carryOut, claimOf, contextOf, NOW, save } from '../support/commands.ts';
import { makeCall } from '../support/make-call.ts';
import { add, type OpenStore } from './call-store-contract.ts';

const moment = { now: NOW, pbxConnected: false };
const cancelOf = (...ids: number[]): Command => ({
  kind: 'cancel',
  rows: { ids },
  code: 'cancelled_by_api',
  words: 'no',
});
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

/** What every store has to do that tells what happened. @param prepare called at the beginning of each test */
export function describeCallJournal(name: string, prepare: () => OpenStore): void {
  const openStore = async (open = prepare()) => {
    const store = await open('calls');
    onTestFinished(() => store.close());
    return store;
  };
  const feed = (store: Store, question: Partial<FeedQuestion> = {}) =>
    store.changes({ since: 0, limit: 100, projectIds: null, filter: {}, moment, ...question });

  describe(`${name}: history`, () => {
    test('a history tells every step in order, with who, why and what else is known', async () => {
      const store = await openStore();
      await save(store, [{ externalId: 'x' }], {}, contextOf({ actor: 'token CRM' }));
      await save(store, [{ externalId: 'x', priority: 2 }], {}, contextOf({ actor: 'token CRM', now: NOW + 1 }));
      await carryOut(store, cancelOf(1), contextOf({ actor: 'agent ana', now: NOW + 2 }));
      const created = { from: null, reason: null, facts: {} };
      expect(await store.history(1, null)).toEqual([
        { at: NOW, actor: 'token CRM', event: 'created', to: 'pending', ...created },
        {
          ...{ at: NOW + 1, actor: 'token CRM', event: 'updated', from: 'pending', to: 'pending' },
          ...{ reason: null, facts: { fields: ['priority'] } },
        },
        {
          ...{ at: NOW + 2, actor: 'agent ana', event: 'cancelled', from: 'pending', to: 'cancelled' },
          ...{ reason: 'no', facts: {} },
        },
      ]);
      expect(await store.history(1, [1])).toHaveLength(3);
      expect(await store.history(1, [2])).toBeUndefined();
      expect(await store.history(2, null)).toBeUndefined();
    });

    test('what is imported begins its history with that, as it was given', async () => {
      const store = await openStore();
      await add(store, [makeCall({ status: 'completed', updatedAt: NOW }), makeCall({ updatedAt: NOW })]);
      const histories = [await store.history(1, null), await store.history(2, null)];
      const imported = { at: NOW, actor: 'import', event: 'imported', from: null, reason: null, facts: {} };
      expect(histories).toEqual([[{ ...imported, to: 'completed' }], [{ ...imported, to: 'pending' }]]);
      expect((await feed(store)).entries.map(({ call }) => call.id)).toEqual([1, 2]);
    });
  });

  describe(`${name}: feed`, () => {
    test('changes come in their order, each with the call as it is now and whether it matches', async () => {
      const store = await openStore();
      await save(store, [{}, {}]);
      await carryOut(store, cancelOf(1));
      const page = await feed(store, { filter: { statuses: ['pending'] } });
      expect(page).toMatchObject({ nextSince: 3, more: false, reset: false });
      expect(page.entries.map(({ sequence, call, matches }) => [sequence, call.id, call.status, matches])).toEqual([
        [1, 1, 'cancelled', false],
        [2, 2, 'pending', true],
        [3, 1, 'cancelled', false],
      ]);
      const narrow: CallFilter = { externalIds: ['x'], search: 'nobody' };
      expect((await feed(store, { filter: narrow })).entries.map(({ matches }) => matches)).toEqual([
        false,
        false,
        false,
      ]);
      expect((await feed(store)).entries.map(({ matches }) => matches)).toEqual([true, true, true]);
    });

    test('pages follow each other without a hole and without a repeat', async () => {
      const store = await openStore();
      await save(
        store,
        times(25, () => ({})),
      );
      const seen: number[] = [];
      for (let since = 0, more = true; more; ) {
        const page = await feed(store, { since, limit: 10 });
        seen.push(...page.entries.map(({ sequence }) => sequence));
        ({ nextSince: since, more } = page);
      }
      expect(seen).toEqual(times(25, (index) => index + 1));
      expect(await feed(store, { since: 25 })).toEqual({ entries: [], nextSince: 25, more: false, reset: false });
      expect(await feed(store, { since: 15, limit: 10 })).toMatchObject({ nextSince: 25, more: false });
    });

    test('who sees some projects gets their changes only, and yet moves on', async () => {
      const store = await openStore();
      await save(store, [{}, {}], { projectId: 2 });
      await save(store, [{}]);
      await save(store, [{}, {}], { projectId: 2 });
      const page = await feed(store, { projectIds: [1], limit: 1 });
      expect(page.entries.map(({ sequence }) => sequence)).toEqual([3]);
      expect(page).toMatchObject({ nextSince: 5, more: false, reset: false });
    });

    test('what is undone leaves no number behind', async () => {
      const store = await openStore();
      await save(store, [{}]);
      await expect(save(store, [{}, { attendType: 'none' as 'attended' }])).rejects.toThrow();
      await save(store, [{}], { dryRun: true });
      await save(store, [{}]);
      expect((await feed(store)).entries.map(({ sequence }) => sequence)).toEqual([1, 2]);
    });

    test('who asks for what is no longer kept, or never was, is told to begin again', async () => {
      const store = await openStore();
      expect(await store.lastSequence()).toBe(0);
      expect(await feed(store)).toEqual({ entries: [], nextSince: 0, more: false, reset: false });
      expect(await feed(store, { since: 1 })).toMatchObject({ reset: true, nextSince: 0 });
      await save(store, [{}, {}]);
      await save(store, [{}], {}, contextOf({ now: NOW + 10 }));
      expect(await store.tidy({ repeatsBefore: 0, changesBefore: NOW + 10 })).toMatchObject({ changes: 2 });
      expect(await feed(store, { since: 1 })).toEqual({ entries: [], nextSince: 3, more: false, reset: true });
      expect(await feed(store, { since: 2 })).toMatchObject({ reset: false, nextSince: 3 });
      expect(await store.tidy({ repeatsBefore: 0, changesBefore: NOW + 11 })).toMatchObject({ changes: 1 });
      expect(await feed(store, { since: 2 })).toMatchObject({ reset: true, nextSince: 3 });
      expect(await feed(store, { since: 3 })).toMatchObject({ reset: false, nextSince: 3 });
      expect(await store.lastSequence()).toBe(3);
    });

    test('listeners are told of commands and imports, until they are taken away', async () => {
      const store = await openStore();
      let told = 0;
      const stop = store.onChange(() => {
        told += 1;
      });
      const grows = async (work: () => Promise<unknown>) => {
        const before = told;
        await work();
        // A commit of the writing thread is told by a message of its own.
        for (let turn = 0; turn < 100 && told === before; turn++) await breathe();
        return told > before;
      };
      expect(await grows(() => save(store, [{}]))).toBe(true);
      expect(await grows(() => add(store, [makeCall()]))).toBe(true);
      expect(await grows(() => save(store, [{}], { dryRun: true }))).toBe(false);
      stop();
      expect(await grows(() => save(store, [{}]))).toBe(false);
    });

    test('a listener is told soon what another has stored', async () => {
      const open = prepare();
      const [store, other] = [await openStore(open), await openStore(open)];
      const heard = Promise.withResolvers<void>();
      onTestFinished(store.onChange(heard.resolve));
      await save(other, [{}]);
      await heard.promise;
      expect((await feed(store)).entries).toHaveLength(1);
    });
  });

  describe(`${name}: stats`, () => {
    test('calls are counted by status, project, destination, result and gate, among those that match', async () => {
      const store = await openStore();
      const auto = { outboundType: 'auto', type: 'queue', destination: 'sales' } as const;
      const early = { createdAt: NOW - 7_000, updatedAt: NOW };
      await add(store, [
        makeCall({ ...early }),
        makeCall({ ...early, createdAt: NOW - 10, projectId: 2 }),
        makeCall({ ...early, schedule: NOW - 3_600 }),
        makeCall({ ...early, nextAttemptAt: NOW - 5, lastResult: 'busy' }),
        makeCall({ ...early, schedule: NOW + 5, projectId: 2 }),
        makeCall({ ...early, nextAttemptAt: NOW + 5, lastResult: 'busy' }),
        makeCall({ ...early, ...auto }),
        makeCall({ ...early, ...auto, status: 'inprogress', claimedBy: 'ana', claimedUntil: NOW + 5 }),
        makeCall({ ...early, ...auto, status: 'inprogress' }),
        makeCall({ ...early, status: 'completed', lastResult: 'answered' }),
      ]);
      expect(await store.stats({}, moment)).toEqual({
        total: 10,
        byStatus: { pending: 7, inprogress: 2, completed: 1, cancelled: 0, deleted: 0 },
        dueNow: 5,
        overdue: 2,
        oldestDueSince: NOW - 7_000,
        byProject: [
          { projectId: 1, open: 7, due: 4 },
          { projectId: 2, open: 2, due: 1 },
        ],
        byDestination: [
          { type: null, destination: null, open: 6, due: 4 },
          { type: 'queue', destination: 'sales', open: 3, due: 1 },
        ],
        byResult: [
          { result: 'answered', count: 1 },
          { result: 'busy', count: 2 },
        ],
        byGate: expect.arrayContaining([
          { gate: 'schedule', count: 1 },
          { gate: 'retry_delay', count: 1 },
          { gate: 'agent', count: 4 },
          { gate: 'pbx_offline', count: 1 },
          { gate: 'claimed', count: 1 },
        ]),
      });
      expect(await store.stats({ projectIds: [2] }, moment)).toMatchObject({ total: 2, dueNow: 1, byResult: [] });
      expect(await store.stats({ projectIds: [9] }, moment)).toMatchObject({
        total: 0,
        oldestDueSince: null,
        byGate: [],
      });
    });
  });

  describe(`${name}: tidying`, () => {
    test('what is not named is kept, and calls that are open stay whatever their age', async () => {
      const store = await openStore();
      await save(store, [{ callerIdName: 'Ana' }, { callerIdName: 'Bea' }, {}]);
      await carryOut(store, cancelOf(1, 2));
      await carryOut(store, claimOf('ana'), contextOf({ now: NOW + 5 }));
      const nothing = { history: 0, changes: 0, calls: 0, repeats: 0, doNotCall: 0 };
      expect(await store.tidy({ repeatsBefore: NOW })).toEqual(nothing);
      expect(await store.tidy({ repeatsBefore: NOW, closedCallsBefore: NOW })).toEqual(nothing);
      expect(await store.tidy({ repeatsBefore: NOW, closedCallsBefore: NOW + 1 })).toEqual({ ...nothing, calls: 2 });
      const query = { sort: 'id', limit: 10, at: { page: 1 }, moment } as const;
      expect((await store.readCalls({ ...query, filter: {} })).calls.map(({ id }) => id)).toEqual([3]);
      expect((await store.readCalls({ ...query, filter: { search: 'bea' } })).rowCount).toBe(0);
      expect(await store.history(1, null)).toBeUndefined();
      expect((await feed(store)).entries.map(({ sequence, call }) => [sequence, call.id])).toEqual([
        [3, 3],
        [6, 3],
      ]);
      expect(await store.tidy({ repeatsBefore: NOW, historyBefore: NOW + 5 })).toEqual({ ...nothing, history: 1 });
      expect((await store.history(3, null))?.map(({ event }) => event)).toEqual(['claimed']);
      expect((await save(store, [{}]))[0]?.id).toBe(4);
    });

    test('thousands go in many small steps, while others save', async () => {
      const store = await openStore();
      await save(
        store,
        times(3_000, () => ({})),
      );
      await carryOut(store, cancelOf(...times(2_500, (index) => index + 1)));
      const limits = { repeatsBefore: NOW, closedCallsBefore: NOW + 1, historyBefore: NOW + 1, changesBefore: NOW + 1 };
      const later = contextOf({ now: NOW + 1 });
      const tidying = store.tidy(limits);
      const saving = Promise.all(times(50, () => save(store, [{}], {}, later)));
      expect(await tidying).toEqual({ history: 500, changes: 5_500, calls: 2_500, repeats: 0, doNotCall: 0 });
      await saving;
      expect((await feed(store, { since: 5_500, limit: 100 })).entries).toHaveLength(50);
    });
  });
}
