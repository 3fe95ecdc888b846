import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatCursor, parseCursor } from '../../src/wire/cursor.ts';
import { anyone, jsonParameters, openTestApi, type TestApi } from '../support/api.ts';

async function open(): Promise<TestApi> {
  const api = await openTestApi();
  onTestFinished(() => api.close());
  return api;
}

async function read(api: TestApi, request: object, credential = anyone) {
  const { status, text } = await api.ask(jsonParameters({ action: 'read', ...request }), { credential });
  const answer = JSON.parse(text);
  return {
    status,
    messages: answer.messages,
    ids: answer.results.map(({ id }: { id: number }) => id) as number[],
    cursor: answer.pagination.next_cursor as string | null,
    rowCount: answer.pagination.row_count as number,
  };
}

describe('a cursor', () => {
  it('is read back as it was written', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (id) => parseCursor(formatCursor(id)) === id));
  });

  it('with any one character changed, left out or added is none', () => {
    const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= '];
    for (const id of [1, 1000, 2 ** 40]) {
      const cursor = formatCursor(id);
      for (let at = 0; at <= cursor.length; at++) {
        for (const character of characters) {
          if (character !== cursor[at]) {
            expect(parseCursor(cursor.slice(0, at) + character + cursor.slice(at + 1))).toBeUndefined();
          }
          expect(parseCursor(cursor.slice(0, at) + character + cursor.slice(at))).toBeUndefined();
        }
        if (at < cursor.length) expect(parseCursor(cursor.slice(0, at) + cursor.slice(at + 1))).toBeUndefined();
      }
    }
  });

  it('is none for any other text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => parseCursor(text) === undefined));
  });
});

describe('a complete extraction', () => {
  it('answers every call once, in order of id', async () => {
    const api = await open();
    await api.add(Array.from({ length: 250 }, () => ({})));
    const ids: number[] = [];
    let cursor: string | null = '';
    let answers = 0;
    while (cursor !== null) {
      const answer = await read(api, { cursor, page_size: 100 });
      ids.push(...answer.ids);
      expect(answer.rowCount).toBe(250);
      cursor = answer.cursor;
      answers++;
    }
    expect(ids).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect(answers).toBe(3);
  });

  it('neither repeats nor hides a call while others come in', async () => {
    const api = await open();
    await api.add([{}, {}, {}, {}]);
    const first = await read(api, { cursor: '', page_size: 2 });
    await api.add([{}, { status: 'completed' }, {}]);
    const second = await read(api, { cursor: first.cursor, page_size: 2, filters: { status: 'pending' } });
    const third = await read(api, { cursor: second.cursor, page_size: 5, filters: { status: 'pending' } });
    expect([first.ids, second.ids, third.ids]).toEqual([
      [1, 2],
      [3, 4],
      [5, 7],
    ]);
    expect(third.cursor).toBeNull();
  });

  it('goes on in other shapes of the rows as well', async () => {
    const api = await open();
    await api.add([{}, {}, {}]);
    const first = await read(api, { cursor: '', page_size: 2 });
    const second = await read(api, { cursor: first.cursor, page_size: 2, time_format: 'rfc3339' });
    expect([second.ids, second.cursor]).toEqual([[3], null]);
  });

  it('shows the holder of another token only what that token may see', async () => {
    const api = await open();
    await api.add([{ projectId: 1 }, { projectId: 1 }, { projectId: 2 }, { projectId: 1 }]);
    const { cursor } = await read(api, { cursor: '', page_size: 1 });
    const other = await read(api, { cursor, page_size: 10 }, { ...anyone, tokenId: 2, projectIds: [2] });
    expect([other.ids, other.rowCount]).toEqual([[3], 1]);
  });

  it('is refused with a damaged cursor', async () => {
    const api = await open();
    const damaged = formatCursor(5).replace(/^./, 'B');
    expect(await read(api, { cursor: damaged })).toMatchObject({
      status: 400,
      messages: [`Invalid cursor: ${damaged} (expected next_cursor of an answer, or an empty text to start)`],
    });
  });
});
