import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type CursorPagination,
  createClient,
  type Filters,
  type PagePagination,
  type ReadParameters,
  type Row,
} from '#client';
import { json, type Reply, startScriptedServer } from '../support/scripted-server.ts';

const TOKEN = 'cq_a-token-that-must-not-be-seen';

describe('a request', () => {
  test('is a POST of JSON to the endpoint, with the token in the header and nowhere else', async () => {
    await using server = await startScriptedServer([page([])]);
    const client = createClient({ url: server.url, token: TOKEN });
    await client.read({ page: 2, page_size: 50, filters: { status: ['pending', 'inprogress'] }, sort: '-priority' });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/api/call-queue' });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' });
    expect(JSON.parse(request!.body)).toEqual({
      action: 'read',
      page: 2,
      page_size: 50,
      filters: { status: ['pending', 'inprogress'] },
      sort: '-priority',
    });
    expect(request!.url + request!.body).not.toContain(TOKEN);
  });

  test('without parameters reads the first page', async () => {
    await using server = await startScriptedServer([page([])]);
    await createClient({ url: server.url, token: TOKEN }).read();
    expect(JSON.parse(server.requests[0]!.body)).toEqual({ action: 'read' });
  });

  test.each([
    ['', '/api/call-queue'],
    ['/', '/api/call-queue'],
    ['/pbx', '/pbx/api/call-queue'],
    ['/pbx/', '/pbx/api/call-queue'],
    ['/api/call-queue', '/api/call-queue'],
    ['/pbx/api/call-queue/', '/pbx/api/call-queue'],
  ])('to an address that ends in "%s" goes to %s', async (suffix, path) => {
    await using server = await startScriptedServer([page([])]);
    await createClient({ url: server.url + suffix, token: TOKEN }).read();
    expect(server.requests[0]!.url).toBe(path);
  });

  test('takes an address as a URL object too', async () => {
    await using server = await startScriptedServer([page([])]);
    await createClient({ url: new URL('/pbx', server.url), token: TOKEN }).read();
    expect(server.requests[0]!.url).toBe('/pbx/api/call-queue');
  });
});

describe('api_hash', () => {
  // The request as While1's page prints it, and what real PHP makes of it with the key your_api_key.
  const printed = {
    page: 1,
    filters: {
      date_between: ['2024-01-01 00:00:00', '2024-01-15 23:59:59'],
      schedule_lt: null,
      schedule_null: true,
      caller_id: null,
      dnid: null,
      project_id: null,
      outbound_type: null,
      attend_type: null,
      external_id: null,
      assign_type: null,
      campaign: null,
      status: 'pending',
    },
  } as const satisfies ReadParameters;
  const PRINTED_HASH = '03f0ddb81fdcd0a5a3aec64b36766290';

  test('is what PHP makes of the printed request', async () => {
    expect(await sentWith('your_api_key', printed)).toMatchObject({ api_hash: PRINTED_HASH });
  });

  test('leaves out what is undefined, and so does the request', async () => {
    const filters = { due: undefined, ...printed.filters, search: undefined } as unknown as Filters;
    const sent = await sentWith('your_api_key', { ...printed, filters, sort: undefined } as unknown as ReadParameters);
    expect(sent).toEqual({ action: 'read', ...printed, api_hash: PRINTED_HASH });
  });

  test.each([undefined, ''])('is not sent when the key is %j', async (key) => {
    expect(await sentWith(key, printed)).toEqual({ action: 'read', ...printed });
  });

  async function sentWith(key: string | undefined, parameters: ReadParameters): Promise<unknown> {
    await using server = await startScriptedServer([page([])]);
    await createClient({ url: server.url, token: TOKEN, key }).read(parameters);
    return JSON.parse(server.requests[0]!.body);
  }
});

describe('an answer', () => {
  test('comes back as results and pagination, typed by whether a cursor was given', async () => {
    const pagination = { row_count: 1, page_size: 100, current_page: 1, max_page: 1 };
    const byCursor = { row_count: 1, page_size: 100, next_cursor: null };
    await using server = await startScriptedServer([page([7]), cursorPage([7], null, 1)]);
    const client = createClient({ url: server.url, token: TOKEN });
    const first = await client.read();
    const second = await client.read({ cursor: '' });
    expect(first).toEqual({ results: [{ id: 7 }], pagination });
    expect(second).toEqual({ results: [{ id: 7 }], pagination: byCursor });
    expectTypeOf(first.results).toEqualTypeOf<Row[]>();
    expectTypeOf(first.pagination).toEqualTypeOf<PagePagination>();
    expectTypeOf(second.pagination).toEqualTypeOf<CursorPagination>();
  });
});

describe('calls', () => {
  test('yields every row of all pages in order and sends each cursor back as it came', async () => {
    const ids = Array.from({ length: 2500 }, (_, index) => index + 1);
    await using server = await startScriptedServer([
      cursorPage(ids.slice(0, 1000), 'c/1+=', 2500),
      cursorPage(ids.slice(1000, 2000), 'c/2+=', 2500),
      cursorPage(ids.slice(2000), null, 2500),
    ]);
    const client = createClient({ url: server.url, token: TOKEN });
    expect(await everyIdOf(client.calls({ status: 'pending' }))).toEqual(ids);
    expect(server.requests.map((request) => JSON.parse(request.body))).toEqual(
      ['', 'c/1+=', 'c/2+='].map((cursor) => ({
        action: 'read',
        filters: { status: 'pending' },
        cursor,
        page_size: 1000,
      })),
    );
  });

  test('passes its options on', async () => {
    await using server = await startScriptedServer([cursorPage([], null, 0)]);
    const client = createClient({ url: server.url, token: TOKEN });
    const calls = client.calls({}, { pageSize: 5, with: ['waiting_for'], timeFormat: 'rfc3339' });
    expect(await calls.next()).toEqual({ done: true, value: undefined });
    expect(JSON.parse(server.requests[0]!.body)).toEqual({
      action: 'read',
      filters: {},
      cursor: '',
      page_size: 5,
      with: ['waiting_for'],
      time_format: 'rfc3339',
    });
  });

  test('asks for nothing before the first row is wanted, and for no further page once the loop is left', async () => {
    await using server = await startScriptedServer([cursorPage([1, 2], 'next', 4)]);
    const calls = createClient({ url: server.url, token: TOKEN }).calls();
    expect(server.requests).toHaveLength(0);
    for await (const call of calls) {
      if (call.id === 2) break;
    }
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['names no cursor', [page([1])]],
    ['starts anew', [cursorPage([1], '', 2)]],
    ['repeats a cursor', [cursorPage([1], 'x', 3), cursorPage([2], 'x', 3)]],
  ])('ends with an error when the server %s, instead of reading the same for ever', async (_, replies) => {
    await using server = await startScriptedServer(replies);
    const reading = everyIdOf(createClient({ url: server.url, token: TOKEN }).calls());
    await expect(reading).rejects.toMatchObject({
      code: 'invalid_answer',
      message: expect.stringContaining('next_cursor'),
    });
  });
});

describe('options and parameters that cannot be used are refused by name', () => {
  const good = { url: 'http://127.0.0.1:1', token: TOKEN };

  test.each([
    ['no url', { url: '' }, /^url: not an absolute address/],
    ['a path as url', { url: '/api/call-queue' }, /^url: not an absolute address/],
    ['the token as url', { url: TOKEN }, /^url: not an absolute address/],
    ['another protocol', { url: 'ftp://pbx.example.com' }, /^url: unknown protocol ftp:/],
    ['credentials in the url', { url: `https://user:${TOKEN}@pbx.example.com` }, /^url: credentials, query/],
    ['a query in the url', { url: `https://pbx.example.com/?token=${TOKEN}` }, /^url: credentials, query/],
    ['no token', { token: '' }, /^token: missing/],
    ['a token with a line break', { token: `${TOKEN}\n` }, /^token: contains a blank, a line break/],
    ['a timeout of 0', { timeoutMs: 0 }, /^timeoutMs: 0 \(expected a whole number from 1 to 2147483647\)/],
    ['a timeout that a timer cannot count', { timeoutMs: 2 ** 31 }, /^timeoutMs: 2147483648 /],
    ['half a retry', { retries: 0.5 }, /^retries: 0.5 /],
    ['NaN as the longest wait', { maxRetryDelayMs: Number.NaN }, /^maxRetryDelayMs: NaN /],
  ])('%s', (_, wrong, message) => {
    const error = thrownBy(() => createClient({ ...good, ...wrong }));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
    expect(inspect(error)).not.toContain(TOKEN);
  });

  test.each([
    ['filters.project_id', { filters: { project_id: Number.NaN } }, 'NaN'],
    ['filters.id.1', { filters: { id: [1, Number.POSITIVE_INFINITY] } }, 'Infinity'],
    ['filters.schedule_lt', { filters: { schedule_lt: new Date(0) } }, 'a Date'],
    ['filters.id', { filters: { id: 5n } }, 'a bigint'],
    ['page', { page: () => 1 }, 'a function'],
  ])('%s, because it would change or vanish on its way', async (name, parameters, kind) => {
    const reading = createClient(good).read(parameters as unknown as ReadParameters);
    await expect(reading).rejects.toThrow(
      new TypeError(`${name}: ${kind} cannot be sent (expected text, finite number, boolean, null, list or map)`),
    );
  });
});

function page(ids: readonly number[]): Reply {
  const pagination = { row_count: ids.length, page_size: 100, current_page: 1, max_page: 1 };
  return json(200, { has_error: false, messages: [], pagination, results: ids.map((id) => ({ id })) });
}

function cursorPage(ids: readonly number[], next: string | null, count: number): Reply {
  const pagination = { row_count: count, page_size: 100, next_cursor: next };
  return json(200, { has_error: false, messages: [], pagination, results: ids.map((id) => ({ id })) });
}

async function everyIdOf(calls: AsyncIterable<Row>): Promise<number[]> {
  const ids: number[] = [];
  for await (const call of calls) ids.push(call.id);
  return ids;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
