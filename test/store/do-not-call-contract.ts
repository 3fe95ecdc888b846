import { describe, expect, onTestFinished, test } from 'vitest';
import type { Derivation, Store } from '../../src/core/call-store.ts';
import type { AddDoNotCallCommand, DoNotCallChange, DoNotCallQuestion } from '../../src/core/do-not-call.ts';
import { missCommand, reachCommand, record } from '../support/capture.ts';
import { carryOut, claimOf, contextOf, execute, NOW, save } from '../support/commands.ts';
import { plainDerivation } from '../support/derivation.ts';
import type { OpenStore } from './call-store-contract.ts';

const NUMBER = '+441632960001';
const moment = { now: NOW, pbxConnected: false };

function addOf(numbers: readonly string[], changes: Partial<AddDoNotCallCommand> = {}): AddDoNotCallCommand {
  return { kind: 'add_do_not_call', projectId: null, numbers, reason: null, until: null, ...changes };
}

function removeOf(numbers: readonly string[], projectId: number | null = null) {
  return { kind: 'remove_do_not_call', projectId, numbers } as const;
}

/** What every store has to do with the do-not-call list. @param prepare called at the beginning of each test */
export function describeDoNotCall(name: string, prepare: () => OpenStore): void {
  const openStore = async () => {
    const store = await prepare()('calls');
    onTestFinished(() => store.close());
    return store;
  };
  const change = async (store: Store, command: Parameters<typeof execute>[1], context = contextOf()) => {
    const outcome = await execute(store, command, context);
    if (outcome.kind !== 'do_not_call') throw new Error(`changed nothing: ${JSON.stringify(outcome)}`);
    return outcome.changes;
  };
  const outcomes = (changes: readonly DoNotCallChange[]) => changes.map(({ outcome }) => outcome);
  const list = (store: Store, question: Partial<DoNotCallQuestion> = {}) =>
    store.doNotCall({ now: NOW, projectIds: null, numbers: null, page: 1, limit: 100, ...question });
  const all = async (store: Store) =>
    (await store.readCalls({ filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment })).calls;

  describe(`${name}: the do-not-call list`, () => {
    test('tells who put a number there, when, why and until when, newest first', async () => {
      const store = await openStore();
      const ana = contextOf({ actor: 'agent ana', now: NOW - 10 });
      const first = { number: NUMBER, projectId: 3, reason: 'asked', until: NOW + 60 };
      const made = { ...first, addedBy: 'agent ana', addedAt: NOW - 10 };
      const { number, projectId, ...why } = first;
      expect(await change(store, addOf(['0044 1632 960001'], { projectId, ...why }), ana)).toEqual([
        { outcome: 'added', number, projectId, entry: made },
      ]);
      await change(store, addOf(['+441632960002']));
      expect(await list(store)).toEqual({
        rowCount: 2,
        entries: [
          {
            ...{ number: '+441632960002', projectId: null, reason: null, until: null },
            ...{ addedBy: 'test', addedAt: NOW },
          },
          made,
        ],
      });
    });

    test('takes the same number once, with the reason and the end that were given last, and keeps who was first', async () => {
      const store = await openStore();
      await change(store, addOf([NUMBER], { reason: 'a', until: NOW + 9 }), contextOf({ actor: 'first' }));
      expect(outcomes(await change(store, addOf([NUMBER], { reason: 'a', until: NOW + 9 })))).toEqual(['unchanged']);
      expect(outcomes(await change(store, addOf([NUMBER, `  ${NUMBER}`], { reason: 'b' })))).toEqual([
        'updated',
        'unchanged',
      ]);
      expect((await list(store)).entries).toMatchObject([{ reason: 'b', until: null, addedBy: 'first' }]);
    });

    test('loses what is removed, of the project or of all, and nothing else', async () => {
      const store = await openStore();
      await change(store, addOf([NUMBER, '+441632960002']));
      await change(store, addOf([NUMBER], { projectId: 1 }));
      expect(await change(store, removeOf([NUMBER, '+441632960003']))).toMatchObject([
        { outcome: 'removed', entry: { number: NUMBER, projectId: null } },
        { outcome: 'absent', number: '+441632960003', entry: null },
      ]);
      const left = (await list(store)).entries.map(({ number, projectId }) => [number, projectId]);
      expect(left.sort()).toEqual([
        [NUMBER, 1],
        ['+441632960002', null],
      ]);
    });

    test('is read by page, project and number', async () => {
      const store = await openStore();
      await change(store, addOf(['+441632960001', '+441632960002', '+441632960003']));
      await change(store, addOf(['+441632960004'], { projectId: 1 }));
      const numbersOf = async (question: Partial<DoNotCallQuestion>) => {
        const { rowCount, entries } = await list(store, question);
        return [rowCount, entries.map(({ number }) => number.slice(-1)).join('')];
      };
      expect([await numbersOf({ limit: 3 }), await numbersOf({ limit: 3, page: 2 })]).toEqual([
        [4, '432'],
        [4, '1'],
      ]);
      expect(await numbersOf({ projectIds: [1] })).toEqual([1, '4']);
      expect(await numbersOf({ projectIds: [] })).toEqual([0, '']);
      expect(await numbersOf({ numbers: ['+441632960002', '+441632960009'] })).toEqual([1, '2']);
    });

    test('forgets an entry at its end, and tidying removes it some time later', async () => {
      const store = await openStore();
      await change(store, addOf([NUMBER], { until: NOW + 10 }));
      await change(store, addOf(['+441632960002']));
      expect((await list(store, { now: NOW + 9 })).rowCount).toBe(2);
      expect((await list(store, { now: NOW + 10 })).rowCount).toBe(1);
      const later = contextOf({ actor: 'later', now: NOW + 10 });
      expect(outcomes(await change(store, removeOf([NUMBER]), later))).toEqual(['absent']);
      await change(store, addOf([NUMBER], { until: NOW + 10 }));
      expect(outcomes(await change(store, addOf([NUMBER], { until: NOW + 20 }), later))).toEqual(['added']);
      expect((await list(store, { now: NOW + 10 })).entries).toMatchObject([{ addedBy: 'later' }, {}]);
      expect((await store.tidy({ repeatsBefore: NOW })).doNotCall).toBe(0);
      expect((await store.tidy({ repeatsBefore: NOW, doNotCallBefore: NOW + 20 })).doNotCall).toBe(0);
      expect((await store.tidy({ repeatsBefore: NOW, doNotCallBefore: NOW + 21 })).doNotCall).toBe(1);
      expect((await list(store, { now: NOW })).rowCount).toBe(1);
    });

    test('holds ten thousand numbers of one request, or none of them', async () => {
      const store = await openStore();
      const numbers = Array.from({ length: 10_000 }, (_, index) => `+4416${String(index).padStart(7, '0')}`);
      const limited = contextOf({ projectIds: [1] });
      expect(await execute(store, addOf(numbers), limited)).toMatchObject({ kind: 'refused' });
      expect(await execute(store, removeOf(numbers, 2), limited)).toMatchObject({ kind: 'refused' });
      expect((await list(store)).rowCount).toBe(0);
      expect(await change(store, addOf(numbers, { projectId: 1 }), limited)).toHaveLength(10_000);
      expect((await list(store)).rowCount).toBe(10_000);
    });

    test('answers a repeat of a request as it answered the first', async () => {
      const store = await openStore();
      const repeat = { tokenId: 1, key: 'k', fingerprint: 'f', keepSeconds: 60 };
      const first = await store.execute(addOf([NUMBER]), contextOf({ repeat }));
      await change(store, removeOf([NUMBER]));
      const second = await store.execute(addOf([NUMBER]), contextOf({ repeat }));
      expect(second).toEqual({ ...first, isReplay: true });
      expect((await list(store)).rowCount).toBe(0);
    });

    test('keeps a missed call of such a number out of the list, and counts it once', async () => {
      const store = await openStore();
      await change(store, addOf([NUMBER], { projectId: 1, until: NOW + 10 }));
      expect(await record(store, missCommand({ number: '0044 1632 960001' }))).toBe('do_not_call');
      expect(await record(store, missCommand())).toBe('double');
      expect(await store.unlistedMisses({ since: NOW - 10, projectIds: null })).toEqual([
        { projectId: 1, why: 'do_not_call', count: 1, lastAt: NOW - 2 },
      ]);
      expect(await record(store, missCommand({ legId: 'b' }, { projectId: 2 }))).toBe('created');
      expect(await record(store, missCommand({ legId: 'c' }), NOW + 10)).toBe('created');
      expect((await all(store)).map(({ projectId }) => projectId)).toEqual([2, 1]);
    });

    test('leaves an open item as it was when its number is missed again, and lets it be closed', async () => {
      const store = await openStore();
      await record(store, missCommand());
      await change(store, addOf([NUMBER]));
      expect(await record(store, missCommand({ legId: 'b', endedAt: NOW }))).toBe('do_not_call');
      expect(await all(store)).toMatchObject([{ missedCount: 1, lastMissedAt: NOW - 2 }]);
      expect(await record(store, reachCommand())).toBe('cleared');
    });

    test('is passed over by a claim of the best call, not by one that names the call', async () => {
      const store = await openStore();
      await save(store, [{ callerId: NUMBER, priority: 9 }, { callerId: '+441632960002' }], { projectId: 1 });
      await save(store, [{ callerId: NUMBER }], { projectId: 2 });
      await change(store, addOf([NUMBER], { projectId: 1, until: NOW + 10 }));
      const claim = async (now: number) =>
        (await carryOut(store, claimOf('ana'), contextOf({ now }))).map(({ id }) => id);
      expect([await claim(NOW), await claim(NOW)]).toEqual([[2], [3]]);
      expect(await claim(NOW)).toEqual([]);
      expect(await carryOut(store, claimOf('bob', { id: 1 }))).toMatchObject([{ id: 1, claimedBy: 'bob' }]);
      await carryOut(store, { kind: 'release', id: 1, agent: 'bob', force: false });
      await carryOut(store, { kind: 'complete', id: 3, agent: 'ana', completion: {} as never });
      expect(await claim(NOW + 10)).toEqual([1]);
    });

    test('is passed over also in front of everybody else, hundreds of times, and behind what a filter leaves out', async () => {
      const store = await openStore();
      const numbers = (from: number) =>
        Array.from({ length: 600 }, (_, index) => `+4416${String(from + index).padStart(7, '0')}`);
      const [barred, free] = [numbers(0), numbers(1_000)];
      await save(
        store,
        [...barred, ...free].map((callerId) => ({ callerId, campaignName: callerId })),
      );
      await change(store, addOf(barred));
      expect(await carryOut(store, claimOf('ana'))).toMatchObject([{ callerId: free[0] }]);
      const only = (campaign: unknown) => claimOf('ana', { filter: { campaigns: [campaign] } });
      expect(await carryOut(store, only(free[599]))).toMatchObject([{ callerId: free[599] }]);
      expect(await carryOut(store, only(barred[599]))).toEqual([]);
    });

    test('follows a country that is set later: the national number then is the person who is meant', async () => {
      const open = prepare();
      const before = await open('calls');
      await change(before, addOf(['01632 960001'], { projectId: 1, until: NOW + 5 }));
      await change(before, addOf(['+441632960001'], { projectId: 1, until: NOW + 9 }));
      await change(before, addOf(['+441632960002']));
      await before.close();
      const international = (number: string) => number.replace(/ /g, '').replace(/^0(?=[1-9])/, '+44');
      const withCountry: Derivation = {
        ...plainDerivation,
        version: 'with a country',
        numbersOf: (number) => [international(number)],
      };
      const store = await open('calls', withCountry);
      onTestFinished(() => store.close());
      const entries = (await list(store)).entries.map(({ number, until }) => [number, until]);
      expect(entries.sort()).toEqual([
        [NUMBER, NOW + 9],
        ['+441632960002', null],
      ]);
    });
  });
}
