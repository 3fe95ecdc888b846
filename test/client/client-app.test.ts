import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AuthenticationError, CallQueueApiError, createClient, ForbiddenError, ROW_MEMBERS, type Row } from '#client';
import { startTestApp, type TestApp } from '../support/app.ts';
import { makeCall } from '../support/make-call.ts';

const CAMPAIGN = "Ça & là * ~ 100% 電話 😀 'quoted'";

describe('the client and the server', () => {
  let app: TestApp;

  beforeAll(async () => {
    const calls = Array.from({ length: 2500 }, (_, index) =>
      makeCall({
        callerId: `+441632960${String(index % 1000).padStart(3, '0')}`,
        status: index % 5 === 4 ? 'completed' : 'pending',
        campaignName: index % 2 === 0 ? CAMPAIGN : null,
      }),
    );
    app = await startTestApp({ calls, settings: { timezone: 'Europe/Bucharest' } });
  });
  afterAll(() => app?.stop());

  test('agree on a page', async () => {
    const { results, pagination } = await clientOf(app).read({ page: 25 });
    expect(pagination).toEqual({ row_count: 2500, page_size: 100, current_page: 25, max_page: 25 });
    expect(results.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => 2401 + index));
    expect(Object.keys(results[0]!)).toEqual([...ROW_MEMBERS]);
  });

  test('read 2,500 calls to the end by cursor, each once', async () => {
    const ids = await idsOf(clientOf(app).calls());
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
  });

  test.each([1, 999, 1000])('apply filters to every page of %i', async (pageSize) => {
    // With pages of one row the number of requests is kept small by asking for few rows.
    const filters = { status: 'completed', id: Array.from({ length: 50 }, (_, index) => index * 10 + 5) } as const;
    const ids = await idsOf(clientOf(app).calls(filters, { pageSize }));
    expect(ids).toEqual(filters.id);
  });

  test('agree on the hash of every kind of value', async () => {
    const { token, key } = await app.addToken({ withKey: true });
    const client = createClient({ url: app.url, token, key });
    const { pagination } = await client.read({
      page: 1,
      page_size: 1,
      sort: '-id',
      with: ['waiting_for'],
      time_format: 'rfc3339',
      filters: {
        date_between: [null, '2027-01-01T00:00:00+02:00'],
        campaign: [CAMPAIGN, '', 'another'],
        status: ['pending', 'completed'],
        schedule_lt: null,
        schedule_null: true,
        due: true,
        caller_id: [],
        external_id: '',
        project_id: 1,
      },
    });
    // Every second call has the campaign, and of those every fifth is completed: not due.
    expect(pagination.row_count).toBe(1000);
    const all = await idsOf(client.calls({ campaign: CAMPAIGN, project_id: [1, 2] }, { timeFormat: 'local' }));
    expect(all).toHaveLength(1250);
  });

  test('agree on times in both forms', async () => {
    const client = clientOf(app);
    const local = await client.read({ page_size: 1 });
    const rfc3339 = await client.read({ page_size: 1, time_format: 'rfc3339' });
    // makeCall's 2026-11-01 00:00:00 UTC; Bucharest has had winter time, UTC+2, for a week by then.
    expect(local.results[0]!.created_at).toBe('2026-11-01 02:00:00');
    expect(rfc3339.results[0]!.created_at).toBe('2026-11-01T02:00:00+02:00');
  });

  test('tell a wrong key from a wrong token', async () => {
    const { token } = await app.addToken({ withKey: true });
    const wrongKey = createClient({ url: app.url, token, key: 'another' }).read();
    await expect(wrongKey).rejects.toMatchObject({ messages: ['Invalid api_hash'] });
    const noKey = createClient({ url: app.url, token }).read();
    await expect(noKey).rejects.toMatchObject({ messages: ['Missing api_hash'] });
    const wrongToken = createClient({ url: app.url, token: 'cq_unknown' }).read();
    await expect(wrongToken).rejects.toMatchObject({ messages: ['Invalid API token'] });
    await expect(wrongToken).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('tell what a token may not', async () => {
    const { token } = await app.addToken({ projectIds: [1] });
    const reading = createClient({ url: app.url, token }).read({ filters: { project_id: 2 } });
    await expect(reading).rejects.toBeInstanceOf(ForbiddenError);
    await expect(reading).rejects.toMatchObject({ messages: ['This token may not use project 2'] });
  });

  test('name everything that is wrong at once, with the request id that stands in the log', async () => {
    const parameters = { page: 0, filters: { statusxxx: 1, status: 'nope' } };
    const error = await clientOf(app)
      .read(parameters as never)
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CallQueueApiError);
    expect(error.status).toBe(400);
    expect(error.messages).toHaveLength(3);
    expect(error.messages).toContain('Invalid filter: statusxxx');
    expect(error.errors.map(({ message }: { message: string }) => message)).toEqual(error.messages);
    expect(app.logLines.some((line) => line.includes(error.requestId))).toBe(true);
  });

  test('refuse a cursor that was altered', async () => {
    const client = clientOf(app);
    const { pagination } = await client.read({ cursor: '', page_size: 10 });
    const altered = `${pagination.next_cursor!.slice(0, -1)}${pagination.next_cursor!.endsWith('A') ? 'B' : 'A'}`;
    await expect(client.read({ cursor: altered })).rejects.toMatchObject({ status: 400, code: 'refused' });
  });
});

/** Not the app itself: it has a member `fetch` of its own. */
const clientOf = ({ url, token }: TestApp) => createClient({ url, token });

async function idsOf(calls: AsyncIterable<Row>): Promise<number[]> {
  const ids: number[] = [];
  for await (const call of calls) ids.push(call.id);
  return ids;
}
