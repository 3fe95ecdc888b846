import { describe, expect, onTestFinished, test } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import type { Command, RowChoice } from '../../src/core/call-command.ts';
import type { CallQuery } from '../../src/core/call-filter.ts';
import type { CallContent } from '../../src/core/call-life.ts';
import type { Store } from '../../src/core/call-store.ts';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { carryOut, claimOf, contextOf, execute, NOW, type SaveSettings, save, saveOf } from '../support/commands.ts';
import { plainRow } from '../support/derivation.ts';
import { makeCall } from '../support/make-call.ts';
import { add, type OpenStore } from './call-store-contract.ts';

const moment = { now: NOW, pbxConnected: false };
const everything: CallQuery = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment };
const cancelOf = (rows: RowChoice): Command => ({ kind: 'cancel', rows, code: 'cancelled_by_api' });
const completeOf = (id: number, agent = 'ana'): Command => ({ kind: 'complete', id, agent, completion: {} });
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

/** What every store has to do that changes calls. @param prepare called at the beginning of each test */
export function describeCallWriter(name: string, prepare: () => OpenStore): void {
  const openStore = async () => {
    const store = await prepare()('calls');
    onTestFinished(() => store.close());
    return store;
  };
  const all = async (store: Store) => (await store.readCalls(everything)).calls;
  /** All that can be known of what is stored. */
  const state = async (store: Store) => ({ calls: await all(store), sequence: await store.lastSequence() });

  describe(`${name}: saving`, () => {
    test('a new call is stored with all that belongs to it', async () => {
      const store = await openStore();
      const content: Partial<CallContent> = {
        ...{ callerId: '+44 1632 960007', callerIdName: 'Zoë Smith', externalId: 'crm-7', priority: -5, schedule: NOW },
        ...{ outboundType: 'auto', type: 'queue', destination: 'sales', maxRetries: 3, vars: { a: 'ü"' } },
      };
      expect(await save(store, [content], { projectId: 3 })).toEqual([
        { id: 1, externalId: 'crm-7', callerId: '+44 1632 960007', status: 'pending', outcome: 'created' },
      ]);
      const expected = { ...makeCall({ projectId: 3, createdAt: NOW, updatedAt: NOW, ...content }), id: 1 };
      expect(await all(store)).toEqual([expected]);
      const { json } = await store.readRendered({ ...everything, filter: { search: 'smi' } });
      expect(JSON.parse(Buffer.from(json).toString())).toEqual(plainRow(expected));
    });

    const known = { externalId: 'x', callerId: '+441632960001' };
    test.each<[string, Command | undefined, number, Partial<CallContent>, SaveSettings, string, number]>([
      ['the same again changes nothing', undefined, 0, {}, {}, 'unchanged', 1],
      ['other content is written into it', undefined, 0, { priority: 5 }, {}, 'updated', 1],
      [
        'its number in another writing is the same number',
        undefined,
        0,
        { callerId: '0044 1632 960001' },
        {},
        'updated',
        1,
      ],
      ['another number is another call', undefined, 0, { callerId: '+441632960002' }, {}, 'created', 2],
      ['another project has another call', undefined, 0, {}, { projectId: 2 }, 'created', 2],
      ['no external id makes another call', undefined, 0, { externalId: null }, {}, 'created', 2],
      ['one that is claimed is left alone', claimOf('ana', { id: 1 }), 0, { priority: 5 }, {}, 'in_progress', 1],
      ['one whose lease ran out is written into', claimOf('ana', { id: 1 }), 600, { priority: 5 }, {}, 'updated', 1],
      ['one just closed is not made again', cancelOf({ ids: [1] }), 3600, {}, {}, 'unchanged', 1],
      ['one closed longer ago is made again', cancelOf({ ids: [1] }), 3601, {}, {}, 'created', 2],
      [
        'one just closed is made again with other content',
        cancelOf({ ids: [1] }),
        0,
        { priority: 1 },
        {},
        'created',
        2,
      ],
      [
        'one just closed is made again where that is wanted',
        cancelOf({ ids: [1] }),
        0,
        {},
        { again: true },
        'created',
        2,
      ],
      [
        'one just deleted is not made again',
        { kind: 'delete', rows: { ids: [1] }, code: 'd' },
        0,
        {},
        {},
        'unchanged',
        1,
      ],
    ])('%s', async (_, before, later, changes, settings, outcome, count) => {
      const store = await openStore();
      await save(store, [known]);
      if (before !== undefined) await carryOut(store, before);
      const [saved] = await save(store, [{ ...known, ...changes }], settings, contextOf({ now: NOW + later }));
      expect(saved).toMatchObject({ outcome, id: outcome === 'created' ? 2 : 1 });
      expect(await all(store)).toHaveLength(count);
      if (outcome === 'updated') expect((await all(store))[0]).toMatchObject({ ...changes, updatedAt: NOW + later });
    });

    test('the same call twice in one request is one row', async () => {
      const store = await openStore();
      const calls = [known, known, { ...known, priority: 2 }, { externalId: null }, { externalId: null }];
      const saved = await save(store, calls);
      expect(saved.map(({ id, outcome }) => [id, outcome])).toEqual([
        [1, 'created'],
        [1, 'unchanged'],
        [1, 'updated'],
        [2, 'created'],
        [3, 'created'],
      ]);
    });

    test('a dry run answers what would be and stores nothing', async () => {
      const store = await openStore();
      await save(store, [known]);
      const before = await state(store);
      const calls = [{ ...known, priority: 1 }, { externalId: 'new' }, { externalId: 'new' }];
      const saved = await save(store, calls, { dryRun: true });
      expect(saved.map(({ id, outcome }) => [id, outcome])).toEqual([
        [1, 'updated'],
        [null, 'created'],
        [null, 'unchanged'],
      ]);
      expect(await state(store)).toEqual(before);
      expect((await save(store, [{}]))[0]?.id).toBe(2);
    });

    test('a thousand saves of one call at once make one row', async () => {
      const store = await openStore();
      const saved = (await Promise.all(times(1000, () => save(store, [known])))).flat();
      expect(new Set(saved.map(({ id }) => id))).toEqual(new Set([1]));
      expect(saved.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(await all(store)).toHaveLength(1);
      expect(await store.lastSequence()).toBe(1);
    });

    test('of a hundred saves at once the one that fails, fails alone', async () => {
      const store = await openStore();
      const poison = { outboundType: 'neither' as 'auto' };
      const saves = times(100, (index) => save(store, [{ priority: index }, index === 41 ? poison : {}]));
      const settled = await Promise.allSettled(saves);
      expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      expect(settled[41]?.status).toBe('rejected');
      const priorities = (await all(store)).map(({ priority }) => priority);
      expect(priorities).toHaveLength(198);
      expect(priorities).not.toContain(41);
    });

    test('a request of 10,000 calls is stored whole or not at all', async () => {
      const store = await openStore();
      const calls = times(10_000, (index) => ({ externalId: `n-${index}`, callerId: `+4416329600${index % 90}` }));
      const bad = calls.map((call, index) => (index === 9_999 ? { ...call, attendType: 'none' as 'attended' } : call));
      await expect(save(store, bad)).rejects.toThrow();
      expect(await state(store)).toEqual({ calls: [], sequence: 0 });
      const cpu = process.cpuUsage();
      expect((await save(store, calls)).every(({ outcome }) => outcome === 'created')).toBe(true);
      const { user, system } = process.cpuUsage(cpu);
      expect((user + system) / 1e6).toBeLessThan(3);
      expect(await store.lastSequence()).toBe(10_000);
    });
  });

  describe(`${name}: working off`, () => {
    test('fifty agents who claim at once get fifty calls, and who comes after them none', async () => {
      const store = await openStore();
      await save(
        store,
        times(50, (index) => ({ callerId: `+4416329600${10 + index}` })),
      );
      const claimed = await Promise.all(times(51, (index) => carryOut(store, claimOf(`agent ${index}`))));
      const calls = claimed.flat();
      expect(new Set(calls.map(({ id }) => id)).size).toBe(50);
      expect(new Set(calls.map(({ claimedBy }) => claimedBy)).size).toBe(50);
      expect(claimed.filter((one) => one.length === 0)).toHaveLength(1);
    });

    test('of two hundred who claim one call one gets it, the others hear who did', async () => {
      const store = await openStore();
      await save(store, [{}]);
      const outcomes = await Promise.all(times(200, (index) => execute(store, claimOf(`agent ${index}`, { id: 1 }))));
      expect(outcomes.filter(({ kind }) => kind === 'calls')).toHaveLength(1);
      const [{ claimedBy } = {} as Call] = await all(store);
      const conflict = { kind: 'conflict', why: 'held', by: claimedBy, until: NOW + 600 };
      const refusal = { kind: 'refused', rows: [{ id: 1, index: 0, why: 'conflict', conflict }] };
      expect(outcomes.filter(({ kind }) => kind === 'refused')).toEqual(times(199, () => refusal));
    });

    test('of two who complete a call one wins', async () => {
      const store = await openStore();
      await save(store, [{}]);
      await carryOut(store, claimOf('ana'));
      const outcomes = await Promise.all([execute(store, completeOf(1)), execute(store, completeOf(1))]);
      expect(outcomes[0]?.kind).toBe('calls');
      expect(outcomes[1]).toMatchObject({
        kind: 'refused',
        rows: [{ conflict: { why: 'status', status: 'completed' } }],
      });
    });

    test('the best due call comes first: by priority, then by when it became due, then by id', async () => {
      const store = await openStore();
      const number = (index: number) => ({ callerId: `+4416329600${10 + index}` });
      const early = contextOf({ now: NOW - 100 });
      await save(store, [{ ...number(0), schedule: NOW - 10 }, number(1), number(2)], {}, early);
      await save(store, [
        { ...number(3), priority: 1 },
        { ...number(4), priority: 1, schedule: NOW + 1 },
      ]);
      await save(
        store,
        [{ ...number(5), priority: 9, outboundType: 'auto', type: 'user', destination: '7' }],
        {},
        early,
      );
      const order: number[] = [];
      for (let calls = await carryOut(store, claimOf('ana')); calls.length > 0; ) {
        order.push(...calls.map(({ id }) => id));
        calls = await carryOut(store, claimOf('ana'));
      }
      expect(order).toEqual([4, 2, 3, 1]);
      expect((await carryOut(store, claimOf('ana'), contextOf({ now: NOW + 1 }))).map(({ id }) => id)).toEqual([5]);
    });

    test('a call whose number somebody works on is passed by, in whatever project and writing', async () => {
      const store = await openStore();
      await save(store, [{ callerId: '+44 1632 960001', priority: 9 }], { projectId: 2 });
      await save(store, [{ callerId: '0044 1632 960001', priority: 5 }, { callerId: '+441632960002' }]);
      const claimed = [await carryOut(store, claimOf('ana')), await carryOut(store, claimOf('bob'))].flat();
      expect(claimed.map(({ id }) => id)).toEqual([1, 3]);
      await carryOut(store, completeOf(1));
      expect((await carryOut(store, claimOf('ana'))).map(({ id }) => id)).toEqual([2]);
    });

    test('a claim takes what matches its filter, among calls of the projects that exist for whoever claims', async () => {
      const store = await openStore();
      const campaign = { campaignName: 'Spring' };
      await save(store, [{ priority: 9 }, { ...campaign, callerId: '+441632960002' }]);
      await save(store, [{ ...campaign, callerId: '+441632960003' }], { projectId: 2 });
      const wanted = claimOf('ana', { filter: { campaigns: ['Spring'] } });
      expect((await carryOut(store, wanted, contextOf({ projectIds: [2] }))).map(({ id }) => id)).toEqual([3]);
      expect(await carryOut(store, wanted, contextOf({ projectIds: [2] }))).toEqual([]);
      expect((await carryOut(store, wanted)).map(({ id }) => id)).toEqual([2]);
    });

    test('the one call that matches is found behind thousands that do not', async () => {
      const store = await openStore();
      const many = times(3000, (index) =>
        makeCall({ priority: 5 + (index % 3), createdAt: NOW - 9, callerId: `${index}` }),
      );
      await add(store, [...many, makeCall({ createdAt: NOW - 9, campaignName: 'Rare', callerId: '+441632960001' })]);
      const rare = claimOf('ana', { filter: { campaigns: ['Rare'] } });
      expect((await carryOut(store, rare)).map(({ id }) => id)).toEqual([3001]);
      expect(await carryOut(store, rare)).toEqual([]);
    });

    test('a lease that ran out puts the call back, and the history says so', async () => {
      const store = await openStore();
      await save(store, [{}]);
      await carryOut(store, claimOf('ana'));
      const expire: Command = { kind: 'expire_leases' };
      expect(await carryOut(store, expire, contextOf({ now: NOW + 599 }))).toEqual([]);
      const later = contextOf({ now: NOW + 600, actor: 'token CRM' });
      expect(await carryOut(store, expire, later)).toMatchObject([{ id: 1, status: 'pending', claimedBy: null }]);
      expect(await store.lastSequence()).toBe(3);
      expect((await store.history(1, null))?.at(-1)).toEqual({
        ...{ at: NOW + 600, actor: 'system', event: 'lease_expired', from: 'inprogress', to: 'pending' },
        ...{ reason: null, facts: { held_by: 'ana' } },
      });
      expect(await carryOut(store, expire, later)).toEqual([]);
      expect(await store.lastSequence()).toBe(3);
    });

    test('a call whose lease has just run out can be claimed by another, and no longer be completed', async () => {
      const store = await openStore();
      await save(store, [{}]);
      await carryOut(store, claimOf('ana'));
      const later = contextOf({ now: NOW + 600 });
      expect(await execute(store, completeOf(1), later)).toMatchObject({ rows: [{ conflict: { why: 'not_held' } }] });
      expect(await carryOut(store, claimOf('bob'), later)).toMatchObject([{ claimedBy: 'bob' }]);
    });

    test('extending, releasing, planning a retry and noting do what they say', async () => {
      const store = await openStore();
      await save(store, [{ maxRetries: 1 }]);
      await carryOut(store, claimOf('ana'));
      const steps: [Command, Partial<Call>][] = [
        [{ kind: 'extend', id: 1, agent: 'ana', leaseSeconds: 900 }, { claimedUntil: NOW + 900 }],
        [
          { kind: 'release', id: 1, agent: 'boss', force: true, schedule: NOW + 5 },
          { status: 'pending', schedule: NOW + 5 },
        ],
        [claimOf('bob', { id: 1 }), { status: 'inprogress', claimedBy: 'bob' }],
        [
          { kind: 'complete', id: 1, agent: 'bob', completion: { result: 'busy', retryAt: NOW + 60 } },
          { status: 'pending', retries: 1, nextAttemptAt: NOW + 60, lastResult: 'busy' },
        ],
        [{ kind: 'note', id: 1, text: 'after five' }, { status: 'pending' }],
      ];
      for (const [command, expected] of steps) expect(await carryOut(store, command)).toMatchObject([expected]);
      const events = (await store.history(1, null))?.map(({ event }) => event);
      expect(events).toEqual(['created', 'claimed', 'extended', 'released', 'claimed', 'retry_planned', 'note']);
    });
  });

  describe(`${name}: many rows`, () => {
    test('one row that stands in the way keeps all from being changed, and each such row is named', async () => {
      const store = await openStore();
      await save(store, [{}, {}, {}]);
      await carryOut(store, claimOf('ana', { id: 2 }));
      await carryOut(store, completeOf(2));
      const before = await state(store);
      expect(await execute(store, cancelOf({ ids: [1, 77, 2, 3] }))).toEqual({
        kind: 'refused',
        rows: [
          { id: 77, index: 1, why: 'not_found' },
          { id: 2, index: 2, why: 'conflict', conflict: { kind: 'conflict', why: 'status', status: 'completed' } },
        ],
      });
      expect(await state(store)).toEqual(before);
    });

    test('rows are answered in the order named, also when one is named twice', async () => {
      const store = await openStore();
      await save(store, [{}, {}]);
      const calls = await carryOut(store, cancelOf({ ids: [2, 1, 2] }));
      expect(calls.map(({ id, status }) => [id, status])).toEqual([
        [2, 'cancelled'],
        [1, 'cancelled'],
        [2, 'cancelled'],
      ]);
      const { sequence } = await state(store);
      await carryOut(store, cancelOf({ ids: [1, 2] }));
      expect((await state(store)).sequence).toBe(sequence);
    });

    test('an external id means its open calls, else the one that was made last', async () => {
      const store = await openStore();
      await save(store, [{ externalId: 'a' }, { externalId: 'a', callerId: '+441632960002' }, { externalId: 'b' }]);
      await carryOut(store, cancelOf({ ids: [3] }));
      await save(store, [{ externalId: 'b' }], { again: true });
      await carryOut(store, cancelOf({ ids: [4] }));
      const chosen = { projectId: 1, externalIds: ['b', 'a'] };
      expect((await carryOut(store, cancelOf(chosen))).map(({ id }) => id)).toEqual([4, 1, 2]);
      expect(await execute(store, cancelOf({ projectId: 1, externalIds: ['a', 'c'] }))).toEqual({
        kind: 'refused',
        rows: [{ id: null, index: 1, why: 'not_found', externalId: 'c' }],
      });
      expect(await execute(store, cancelOf({ ...chosen, projectId: 2 }))).toMatchObject({ kind: 'refused' });
    });

    test('a filter changes what matches only if that is as many as expected', async () => {
      const store = await openStore();
      await save(store, [{ campaignName: 'Spring' }, {}, { campaignName: 'Spring' }]);
      const filter = { campaigns: ['Spring'] };
      expect(await execute(store, cancelOf({ filter, expect: 3 }))).toEqual({ kind: 'unexpected_count', matched: 2 });
      const narrow = contextOf({ projectIds: [2] });
      expect(await execute(store, cancelOf({ filter, expect: 2 }), narrow)).toEqual({
        kind: 'unexpected_count',
        matched: 0,
      });
      expect((await carryOut(store, cancelOf({ filter, expect: 2 }))).map(({ id }) => id)).toEqual([1, 3]);
    });

    test('a call of another project is as good as not there, whatever is asked', async () => {
      const store = await openStore();
      await save(store, [{}], { projectId: 2 });
      const narrow = contextOf({ projectIds: [1] });
      const commands = (id: number): Command[] => [
        { kind: 'update', edits: [{ id, content: { priority: 1 } }] },
        cancelOf({ ids: [id] }),
        { kind: 'delete', rows: { ids: [id] }, code: 'd' },
        claimOf('ana', { id }),
        { kind: 'extend', id, agent: 'ana', leaseSeconds: 60 },
        { kind: 'release', id, agent: 'ana', force: true },
        completeOf(id),
        { kind: 'note', id, text: 'x' },
      ];
      for (const [place, command] of commands(1).entries()) {
        const unknown = commands(999)[place] as Command;
        const expected = (id: number) => ({ kind: 'refused', rows: [{ id, index: 0, why: 'not_found' }] });
        expect(await execute(store, command, narrow)).toEqual(expected(1));
        expect(await execute(store, unknown, narrow)).toEqual(expected(999));
      }
      expect(await store.history(1, [1])).toBeUndefined();
      expect((await state(store)).sequence).toBe(1);
    });

    test('an edit writes what it names, unless the call was changed since it was seen', async () => {
      const store = await openStore();
      await save(store, [{ callerIdName: 'Ana Pop' }]);
      const edit = (content: Partial<CallContent>, expectedUpdatedAt?: number): Command => ({
        kind: 'update',
        edits: [{ id: 1, content, ...(expectedUpdatedAt !== undefined && { expectedUpdatedAt }) }],
      });
      const later = contextOf({ now: NOW + 5 });
      expect(await carryOut(store, edit({ callerIdName: 'Bea Ion', priority: 3 }, NOW), later)).toMatchObject([
        { callerIdName: 'Bea Ion', priority: 3, updatedAt: NOW + 5 },
      ]);
      const found = async (search: string) =>
        (await store.readRendered({ ...everything, filter: { search } })).rowCount;
      expect([await found('pop'), await found('ion')]).toEqual([0, 1]);
      expect(await execute(store, edit({ priority: 4 }, NOW), later)).toMatchObject({
        rows: [{ id: 1, conflict: { why: 'changed_since', call: { priority: 3 } } }],
      });
      expect(await carryOut(store, edit({ callerId: '+44 1632 960099' }), later)).toHaveLength(1);
      const byNumber = { callerNumbers: ['+441632960099'] };
      expect((await store.readRendered({ ...everything, filter: byNumber })).rowCount).toBe(1);
    });

    test('an edit that would make two open calls the same is refused with the other one', async () => {
      const store = await openStore();
      await save(store, [{ externalId: 'a' }, { externalId: 'b' }, { externalId: 'c' }]);
      await carryOut(store, cancelOf({ ids: [3] }));
      const rename = (id: number, externalId: string) => ({ id, content: { externalId } });
      const edits = [{ id: 1, content: { priority: 5 } }, rename(2, 'a')];
      expect(await execute(store, { kind: 'update', edits })).toEqual({
        kind: 'refused',
        rows: [{ id: 2, index: 1, why: 'duplicate', of: 1 }],
      });
      expect((await all(store)).map(({ priority }) => priority)).toEqual([0, 0, 0]);
      // What is closed may be alike.
      expect(await carryOut(store, { kind: 'update', edits: [rename(2, 'c')] })).toHaveLength(1);
    });
  });

  describe(`${name}: repeated requests`, () => {
    const repeat = { tokenId: 1, key: 'k', fingerprint: 'f', keepSeconds: 60 };

    test('a repeat answers as the first did and does nothing', async () => {
      const store = await openStore();
      const guarded = contextOf({ repeat });
      const first = await store.execute(saveOf([{}, { externalId: 'x' }]), guarded);
      await carryOut(store, cancelOf({ ids: [1] }));
      const second = await store.execute(saveOf([{}, { externalId: 'x' }]), contextOf({ repeat, now: NOW + 59 }));
      expect(first.isReplay).toBe(false);
      expect(second).toEqual({ outcome: first.outcome, isReplay: true });
      expect(await store.lastSequence()).toBe(3);
    });

    test('of the same request ten times at once one is carried out', async () => {
      const store = await openStore();
      const results = await Promise.all(times(10, () => store.execute(saveOf([{}]), contextOf({ repeat }))));
      expect(results.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
      expect(await all(store)).toHaveLength(1);
    });

    test('a key of another request is refused, that of another token is another key', async () => {
      const store = await openStore();
      await store.execute(saveOf([{}]), contextOf({ repeat }));
      const reused = contextOf({ repeat: { ...repeat, fingerprint: 'g' } });
      expect(await store.execute(saveOf([{}]), reused)).toEqual({ outcome: { kind: 'key_reused' }, isReplay: false });
      const foreign = contextOf({ repeat: { ...repeat, tokenId: 2, fingerprint: 'g' } });
      expect((await store.execute(saveOf([{}]), foreign)).isReplay).toBe(false);
      expect(await all(store)).toHaveLength(2);
    });

    test('after its time a key is a new one, before and after tidying', async () => {
      const store = await openStore();
      for (const [now, tidied] of [
        [NOW, 0],
        [NOW + 60, 0],
        [NOW + 200, 1],
      ] as const) {
        if (tidied > 0) expect((await store.tidy({ repeatsBefore: now })).repeats).toBe(1);
        expect((await store.execute(saveOf([{}]), contextOf({ repeat, now }))).isReplay).toBe(false);
      }
      expect(await all(store)).toHaveLength(3);
    });

    test('what was refused, or found nothing, may be tried again with the same key', async () => {
      const store = await openStore();
      const guarded = contextOf({ repeat });
      expect(await execute(store, cancelOf({ ids: [1] }), guarded)).toMatchObject({ kind: 'refused' });
      expect(await carryOut(store, claimOf('ana'), guarded)).toEqual([]);
      await save(store, [{}]);
      expect(await carryOut(store, claimOf('ana'), guarded)).toHaveLength(1);
    });
  });

  describe(`${name}: ending`, () => {
    test('what was asked before the store is closed is done, what comes after is refused', async () => {
      const open = prepare();
      const store = await open('calls');
      const saves = times(20, () => save(store, [{}]));
      await store.close();
      expect((await Promise.allSettled(saves)).map(({ status }) => status)).toEqual(times(20, () => 'fulfilled'));
      await expect(save(store, [{}])).rejects.toThrow(StoreUnavailableError);
      await expect(store.tidy({ repeatsBefore: 0 })).rejects.toThrow(StoreUnavailableError);
      const again = await open('calls');
      expect(await all(again)).toHaveLength(20);
      await again.close();
    });
  });
}
