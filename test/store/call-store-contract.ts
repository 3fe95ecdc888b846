import { describe, expect, onTestFinished, test } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import type { CallQuery } from '../../src/core/call-filter.ts';
import type { Derivation, NewCall, Store } from '../../src/core/call-store.ts';
import { DuplicateCallError, StoreUnavailableError } from '../../src/core/errors.ts';
import { plainDerivation, plainRow } from '../support/derivation.ts';
import { makeCall } from '../support/make-call.ts';
import { describeTokenStore } from './token-store-contract.ts';

/** Opens the database called `name`; the same name within a test is the same database. */
export type OpenStore = (name: string, derivation?: Derivation) => Promise<Store>;

const moment = { now: 1_000, pbxConnected: false };
const everything: CallQuery = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment };

/** What every store of calls has to do. @param prepare called at the beginning of each test */
export function describeCallStore(name: string, prepare: () => OpenStore): void {
  const openStore = async (database = 'calls', derivation: Derivation = plainDerivation, open = prepare()) => {
    const store = await open(database, derivation);
    onTestFinished(() => store.close());
    return store;
  };

  describe(`${name}: reading`, () => {
    test('an empty list answers no rows on any page and cursor', async () => {
      const store = await openStore();
      for (const at of [{ page: 1 }, { page: 7 }, { afterId: 0 }]) {
        const page = await store.readRendered({ ...everything, at });
        expect(page).toEqual({ rowCount: 0, length: 0, lastId: null, json: new Uint8Array(0) });
        expect(await store.readCalls({ ...everything, at })).toEqual({ rowCount: 0, calls: [] });
      }
    });

    test('a call comes back as it was stored, in every member', async () => {
      const store = await openStore();
      const full: NewCall = {
        ...makeCall({ inboundRouteId: 4, source: 'missed_call', status: 'inprogress', statusReason: 'queue_hangup' }),
        ...{ callerId: '+44 1632 960 001', callerIdName: 'Zoë "Z" O’Brien\\ 😀', dnid: '+493023125001' },
        ...{ outboundNumber: '+12025550101', outboundTrunk: 'trunk-a', campaignName: 'Spring', campaignInfo: 'wave 1' },
        ...{ outboundType: 'auto', attendType: 'unattended', type: 'queue', destination: 'sales', priority: -1000 },
        ...{ schedule: 1, externalId: "x';--", maxRetries: 100, retries: 3, vars: { name: 'ü,"\n', empty: '' } },
        ...{ missedCount: 2, firstMissedAt: 3, lastMissedAt: 4, claimedBy: 'ann', claimedUntil: 4_102_444_800 },
        ...{ lastResult: 'busy', lastAttemptAt: 5, nextAttemptAt: 6, createdAt: 7, updatedAt: 8 },
      };
      const [empty, filled] = [makeCall(), full];
      await add(store, [empty, filled]);
      const { calls } = await store.readCalls(everything);
      expect(calls).toEqual([
        { ...empty, id: 1 },
        { ...filled, id: 2 },
      ]);
      expect(rows(await store.readRendered(everything))).toEqual(calls.map(plainRow));
    });

    test('pages have the size asked for, the last one the rest, and what lies beyond is empty', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 25 }, () => makeCall()),
      );
      const read = (page: number) => store.readRendered({ ...everything, limit: 10, at: { page } });
      expect(ids(await read(1))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(ids(await read(3))).toEqual([21, 22, 23, 24, 25]);
      expect(await read(4)).toMatchObject({ rowCount: 25, length: 0, lastId: null });
      expect(await read(1_000_000_000)).toMatchObject({ rowCount: 25, length: 0, lastId: null });
    });

    test('a page that is exactly full is followed by an empty one', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 20 }, () => makeCall()),
      );
      const filter = { statuses: ['pending'] as const };
      const read = (page: number) => store.readRendered({ ...everything, filter, limit: 10, at: { page } });
      expect(await read(2)).toMatchObject({ rowCount: 20, length: 10, lastId: 20 });
      expect(await read(3)).toMatchObject({ rowCount: 20, length: 0, lastId: null });
    });

    test('a cursor answers the calls above an id and counts all that match', async () => {
      const store = await openStore();
      await add(
        store,
        [3, 5, 8, 13].map((id) => makeCall({ id, priority: id % 2 })),
      );
      const read = (afterId: number) => store.readRendered({ ...everything, limit: 2, at: { afterId } });
      expect(ids(await read(0))).toEqual([3, 5]);
      expect(ids(await read(5))).toEqual([8, 13]);
      expect(await read(8)).toMatchObject({ rowCount: 4, length: 1, lastId: 13 });
      expect(await read(13)).toMatchObject({ rowCount: 4, length: 0, lastId: null });
    });

    test('calls that lack what is sorted by come last in both directions, ties by id upwards', async () => {
      const store = await openStore();
      await add(
        store,
        [null, 20, 10, null, 20].map((schedule) => makeCall({ schedule })),
      );
      const order = async (sort: CallQuery['sort']) => ids(await store.readRendered({ ...everything, sort }));
      expect(await order('schedule')).toEqual([3, 2, 5, 1, 4]);
      expect(await order('-schedule')).toEqual([2, 5, 3, 1, 4]);
    });

    test('dial order is priority downwards, then how long a call has been due, then id', async () => {
      const store = await openStore();
      await add(store, [
        makeCall({ priority: 0, createdAt: 10 }),
        makeCall({ priority: 5, createdAt: 30 }),
        makeCall({ priority: 5, createdAt: 10, schedule: 40 }),
        makeCall({ priority: 5, createdAt: 30, source: 'missed_call', firstMissedAt: 20, missedCount: 1 }),
        makeCall({ priority: 5, createdAt: 30 }),
      ]);
      expect(ids(await store.readRendered({ ...everything, sort: 'dial_order' }))).toEqual([4, 2, 5, 3, 1]);
    });

    test('numbers are compared in the form that the derivation gives them', async () => {
      const store = await openStore();
      await add(store, [makeCall({ callerId: '+44 1632 960001' }), makeCall({ callerId: '+44 1632 960002' })]);
      const found = (number: string) => store.readCalls({ ...everything, filter: { callerNumbers: [number] } });
      expect((await found('+441632960002')).calls.map(({ id }) => id)).toEqual([2]);
      expect((await found('+44 1632 960002')).rowCount).toBe(0);
    });

    test('a list of a thousand values is looked for like any other', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 30 }, (_, index) => makeCall({ externalId: `id ${index}` })),
      );
      const externalIds = Array.from({ length: 1000 }, (_, index) => `id ${index + 20}`);
      expect((await store.readRendered({ ...everything, filter: { externalIds } })).rowCount).toBe(10);
    });

    test.each([
      ['the beginning of a word in any letter case', 'MARI', [1]],
      ['several words in their order', 'ana mar', [1]],
      ['words after an apostrophe', 'brien', [2]],
      ['words of other scripts', 'ИВА', [3]],
      ['the last digits of the number', '60002', [2]],
      ['the last digits with what people write between them', '960-00 2', [2]],
      ['a whole external id', 'crm/7', [3]],
      ['not the middle of a word', 'aria', []],
      ['not the first digits of the number', '4416', []],
      ['not the beginning of an external id', 'crm', []],
      ['nothing for signs alone', '"* OR', []],
    ])('search finds %s', async (_, search, expected) => {
      const store = await openStore();
      await add(store, [
        makeCall({ callerIdName: 'Ana Maria Pop', callerId: '+44 1632 960001' }),
        makeCall({ callerIdName: 'O’Brien', callerId: '+44 1632 960002' }),
        makeCall({ callerIdName: 'Иван', callerId: '+44 1632 960003', externalId: 'crm/7' }),
      ]);
      expect(ids(await store.readRendered({ ...everything, filter: { search } }))).toEqual(expected);
    });
  });

  describe(`${name}: streaming`, () => {
    test('all matching calls come once, in order of id', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 1_234 }, (_, index) => makeCall({ priority: index % 10 ? 0 : 1 })),
      );
      expect(await streamed(store, {})).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
      expect((await streamed(store, { statuses: ['pending'] })).length).toBe(1_234);
      expect(await streamed(store, { ids: [1_000, 7] })).toEqual([7, 1_000]);
      expect(await streamed(store, { projectIds: [2] })).toEqual([]);
    });

    test('calls that are stored while a stream is read are not in it', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 1_200 }, () => makeCall()),
      );
      const seen: number[] = [];
      for await (const batch of store.streamCalls({}, moment)) {
        if (seen.length === 0) await add(store, [makeCall()]);
        seen.push(...batch.map(({ id }) => id));
      }
      expect(seen.length).toBe(1_200);
      expect((await store.readRendered(everything)).rowCount).toBe(1_201);
    });

    test('a stream may be left early, and another one be read at the same time', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 1_200 }, () => makeCall()),
      );
      for await (const batch of store.streamCalls({}, moment)) {
        expect(batch[0]?.id).toBe(1);
        expect((await streamed(store, {})).length).toBe(1_200);
        break;
      }
    });

    test('a stream that is read on after the store was closed fails as unavailable', async () => {
      const store = await openStore();
      await add(
        store,
        Array.from({ length: 1_200 }, () => makeCall()),
      );
      const stream = store.streamCalls({}, moment)[Symbol.asyncIterator]();
      await stream.next();
      await store.close();
      await expect(stream.next()).rejects.toThrow(StoreUnavailableError);
    });
  });

  describe(`${name}: importing`, () => {
    test('nothing is visible before the commit, everything after it', async () => {
      const store = await openStore();
      await add(store, [makeCall()]);
      const session = await store.beginImport();
      await session.add([makeCall(), makeCall()]);
      expect((await store.readRendered(everything)).rowCount).toBe(1);
      await session.commit();
      expect((await store.readRendered(everything)).rowCount).toBe(3);
    });

    test('a rollback leaves nothing, may be repeated, and does nothing after a commit', async () => {
      const store = await openStore();
      for (const stored of [0, 1]) {
        const session = await store.beginImport();
        await session.add([makeCall({ callerIdName: 'Ana' })]);
        if (stored === 1) await session.commit();
        await session.rollback();
        await session.rollback();
        expect((await store.readRendered(everything)).rowCount).toBe(stored);
        expect((await store.readRendered({ ...everything, filter: { search: 'ana' } })).rowCount).toBe(stored);
      }
    });

    test('ids are given in order, those of the import are kept, and none is given twice', async () => {
      const store = await openStore();
      await add(store, [makeCall(), makeCall({ id: 50 }), makeCall(), makeCall({ id: 10 }), makeCall()]);
      const { calls } = await store.readCalls(everything);
      expect(calls.map(({ id }) => id)).toEqual([1, 10, 50, 51, 52]);
      const session = await store.beginImport();
      await session.add([makeCall({ id: 70 })]);
      await session.rollback();
      await add(store, [makeCall()]);
      expect((await store.readCalls(everything)).calls.at(-1)?.id).toBe(53);
    });

    test('an id that is taken is refused by its place, and the batch with it', async () => {
      const store = await openStore();
      await add(store, [makeCall({ id: 5 })]);
      const session = await store.beginImport();
      await session.add([makeCall()]);
      const refusal = await session.add([makeCall(), makeCall({ id: 5 })]).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DuplicateCallError);
      expect(refusal).toMatchObject({ index: 1, message: expect.stringContaining('id 5') });
      await session.add([makeCall()]);
      await session.commit();
      expect(ids(await store.readRendered(everything))).toEqual([5, 6, 7]);
    });

    const known = makeCall({ externalId: 'x', callerId: '+44 1632 960001' });
    test.each<[string, Partial<NewCall>, 'unchanged' | 'updated' | 'created']>([
      ['the same changes nothing', {}, 'unchanged'],
      ['its number written in another way changes it', { callerId: '+441632960001' }, 'updated'],
      ['other content changes it', { priority: 7 }, 'updated'],
      ['one of another project is new', { projectId: 2 }, 'created'],
      ['one with another external id is new', { externalId: 'X' }, 'created'],
      ['one with another number is new', { callerId: '+44 1632 960002' }, 'created'],
      ['one without external id is new', { externalId: null }, 'created'],
      ['one that is closed is new', { status: 'completed' }, 'created'],
      ['one with an id of its own that is closed is new', { id: 9, status: 'cancelled' }, 'created'],
    ])('beside an open call with an external id, %s', async (_, changes, expected) => {
      const store = await openStore();
      await add(store, [known]);
      const session = await store.beginImport();
      expect(await session.add([makeCall(), { ...known, ...changes }])).toEqual(['created', expected]);
      await session.commit();
      expect((await store.readRendered(everything)).rowCount).toBe(expected === 'created' ? 3 : 2);
      const { calls } = await store.readCalls({ ...everything, filter: { ids: [1] } });
      expect(calls).toEqual([{ ...known, ...(expected === 'updated' && changes), id: 1 }]);
    });

    test.each<[string, Partial<NewCall>]>([
      ['its twin in progress', { status: 'inprogress' }],
      ['its twin with an id of its own', { id: 9 }],
    ])('beside an open call with an external id, %s is a duplicate', async (_, changes) => {
      const store = await openStore();
      await add(store, [known]);
      const session = await store.beginImport();
      const outcome = await session.add([makeCall(), { ...known, ...changes }]).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: 'duplicate_call', index: 1 });
      await session.commit();
      expect((await store.readRendered(everything)).rowCount).toBe(1);
    });

    test('calls without external id may be alike', async () => {
      const store = await openStore();
      await add(store, [makeCall(), makeCall(), makeCall()]);
      expect((await store.readRendered(everything)).rowCount).toBe(3);
    });

    test('an ended import takes nothing more', async () => {
      const store = await openStore();
      const session = await store.beginImport();
      await session.commit();
      await expect(session.add([makeCall()])).rejects.toThrow(StoreUnavailableError);
      await expect(session.commit()).rejects.toThrow(StoreUnavailableError);
    });

    test('a second import waits for the first one', async () => {
      const store = await openStore();
      const first = await store.beginImport();
      const second = store.beginImport();
      await first.add([makeCall()]);
      await first.commit();
      const session = await second;
      await session.add([makeCall()]);
      await session.commit();
      expect((await store.readRendered(everything)).rowCount).toBe(2);
    });

    test('an import that is open when the store is closed leaves nothing', async () => {
      const open = prepare();
      const store = await openStore('calls', plainDerivation, open);
      const session = await store.beginImport();
      await session.add([makeCall()]);
      await store.close();
      await expect(session.add([makeCall()])).rejects.toThrow(StoreUnavailableError);
      const again = await openStore('calls', plainDerivation, open);
      expect((await again.readRendered(everything)).rowCount).toBe(0);
    });
  });

  describe(`${name}: opening`, () => {
    test('what was stored is there after closing and opening', async () => {
      const open = prepare();
      const store = await openStore('calls', plainDerivation, open);
      await add(store, [makeCall({ callerIdName: 'Ana' })]);
      await store.close();
      await store.close();
      const again = await openStore('calls', plainDerivation, open);
      expect(ids(await again.readRendered(everything))).toEqual([1]);
      await add(again, [makeCall()]);
      expect(ids(await again.readRendered(everything))).toEqual([1, 2]);
    });

    test('a closed store answers that it is unavailable', async () => {
      const store = await openStore();
      await store.close();
      await expect(store.readRendered(everything)).rejects.toThrow(StoreUnavailableError);
      await expect(store.beginImport()).rejects.toThrow(StoreUnavailableError);
    });

    test('another version of the derivation makes everything anew that was derived', async () => {
      const open = prepare();
      const store = await openStore('calls', plainDerivation, open);
      await add(
        store,
        Array.from({ length: 10 }, () => makeCall({ callerId: '01632 960001', dnid: '01632 960002' })),
      );
      await store.close();
      const international = (number: string | null) => number && `+44${number.replace(/^0| /g, '')}`;
      const other: Derivation = {
        ...plainDerivation,
        version: 'other',
        derive: (call) => ({
          json: JSON.stringify({ id: call.id, other: true }),
          callerNumber: international(call.callerId) ?? '',
          dnidNumber: international(call.dnid),
          outboundNumber: null,
        }),
      };
      const again = await openStore('calls', other, open);
      const page = await again.readRendered({ ...everything, filter: { callerNumbers: ['+441632960001'] }, limit: 2 });
      expect(rows(page)).toEqual([
        { id: 1, other: true },
        { id: 2, other: true },
      ]);
      expect(page.rowCount).toBe(10);
      const byDnid = { dnidNumbers: ['+441632960002'] };
      expect((await again.readRendered({ ...everything, filter: byDnid })).rowCount).toBe(10);
      expect((await again.readRendered({ ...everything, filter: { search: '960001' } })).rowCount).toBe(10);
    });

    test('a database that can be written to says so', async () => {
      const store = await openStore();
      await expect(store.checkWritable()).resolves.toBeUndefined();
      const session = await store.beginImport();
      // That somebody is writing for long is no fault of the database.
      await expect(store.checkWritable()).resolves.toBeUndefined();
      await session.rollback();
    });
  });

  describeTokenStore(name, openStore);
}

export async function add(store: Store, calls: readonly NewCall[]): Promise<void> {
  const session = await store.beginImport();
  await session.add(calls);
  await session.commit();
}

export function rows(page: { json: Uint8Array }): { id: number }[] {
  return JSON.parse(`[${Buffer.from(page.json)}]`);
}

const ids = (page: { json: Uint8Array }) => rows(page).map(({ id }) => id);

async function streamed(store: Store, filter: CallQuery['filter']): Promise<number[]> {
  const batches: (readonly Call[])[] = [];
  for await (const batch of store.streamCalls(filter, moment)) batches.push(batch);
  return batches.flat().map(({ id }) => id);
}
