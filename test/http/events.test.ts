import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChangeRow } from '../../client/src/contract.ts';
import { openStore, projectsOf } from '../../src/app/open-store.ts';
import { createApp } from '../../src/app.ts';
import { createCallQueue } from '../../src/core/call-queue.ts';
import type { Store } from '../../src/core/call-store.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { createLogger } from '../../src/logger.ts';
import { createApi } from '../../src/wire/api.ts';
import { NOW, startTestApp, type TestApp, testSettings } from '../support/app.ts';
import { type EventReader, readEvents } from '../support/event-reader.ts';
import { startHttpServer } from '../support/http-server.ts';
import { makeCall } from '../support/make-call.ts';
import { openSocket, readToEnd } from '../support/raw-http.ts';
import { tempFolder } from '../support/temp-folder.ts';

const EVENTS = '/api/call-queue/events';

async function listen(app: TestApp, query = '', headers: Record<string, string> = {}): Promise<EventReader> {
  return readEvents(await app.fetch(`${EVENTS}${query}`, { headers }));
}

async function save(app: TestApp, externalId: string, fields: object = {}): Promise<void> {
  const call = { caller_id: '+441632960001', external_id: externalId, ...fields };
  const { status, body } = await app.post({ action: 'save', data: { project_id: 1, calls: [call] } });
  expect([status, body.messages]).toEqual([200, []]);
}

const rowsOf = (events: { data: string }[]): ChangeRow[] => events.map(({ data }) => JSON.parse(data));

describe('a stream of changes', () => {
  it('tells what came after since, then what comes, each as action=changes does, with its sequence as id', async () => {
    await using app = await startTestApp();
    await save(app, 'a');
    await save(app, 'b');
    const reader = await listen(app, '?since=0');
    expect(reader.response.status).toBe(200);
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream');
    expect(reader.response.headers.get('cache-control')).toBe('no-store');
    const before = await reader.take(2);
    await save(app, 'c');
    const events = [...before, ...(await reader.take(1))];
    const { body } = await app.post<ChangeRow>({ action: 'changes' });
    expect(rowsOf(events)).toEqual(body.results);
    expect(events.map(({ id, type }) => [id, type])).toEqual(['1', '2', '3'].map((id) => [id, 'message']));
    await reader.close();
  });

  it('begins now when it is not told where', async () => {
    await using app = await startTestApp();
    await save(app, 'before');
    const reader = await listen(app);
    await save(app, 'after');
    const [row] = rowsOf(await reader.take(1));
    expect(row?.external_id).toBe('after');
    await reader.close();
  });

  it('goes on after Last-Event-ID, which wins over since', async () => {
    await using app = await startTestApp();
    for (const name of ['a', 'b', 'c']) await save(app, name);
    const reader = await listen(app, '?since=0', { 'last-event-id': '2' });
    expect(rowsOf(await reader.take(1)).map(({ external_id }) => external_id)).toEqual(['c']);
    await reader.close();
  });

  it('takes filters as changes does and leaves nothing out', async () => {
    await using app = await startTestApp();
    await save(app, 'a', { campaign_name: 'autumn' });
    await save(app, 'b', { campaign_name: 'winter' });
    const query = '?since=0&filters[campaign]=winter&time_format=rfc3339&with[]=waiting_for';
    const reader = await listen(app, query);
    const rows = rowsOf(await reader.take(2));
    expect(rows.map(({ matches }) => matches)).toEqual([false, true]);
    expect(rows[0]?.created_at).toBe('2026-11-24T12:00:00Z');
    expect(rows[0]?.waiting_for).toMatchObject({ code: 'agent' });
    await reader.close();
  });

  it('shows a token only what belongs to its projects', async () => {
    await using app = await startTestApp({ settings: { projects: [1, 2].map((id) => ({ id, name: `${id}` })) } });
    const { token } = await app.addToken({ projectIds: [2], scope: 'read' });
    const reader = await listen(app, '?since=0', { authorization: `Bearer ${token}` });
    await save(app, 'other');
    await app.post({ action: 'save', data: { project_id: 2, calls: [{ caller_id: '+441632960001' }] } });
    expect(rowsOf(await reader.take(1)).map(({ project_id }) => project_id)).toEqual([2]);
    await reader.close();
  });

  it('tells of a reset by an event of its own, and goes on from there', async () => {
    await using app = await startTestApp();
    await save(app, 'a');
    const reader = await listen(app, '?since=900');
    expect(await reader.take(1)).toEqual([{ type: 'reset', id: '1', data: '{"next_since":1}' }]);
    await save(app, 'b');
    expect(rowsOf(await reader.take(1)).map(({ sequence }) => sequence)).toEqual([2]);
    await reader.close();
  });

  it('is told of what another process changes', async () => {
    await using app = await startTestApp();
    const reader = await listen(app);
    // The store of the test is opened a second time, as another process would.
    const session = await app.store.beginImport();
    await session.add([makeCall({})]);
    await session.commit();
    expect(await reader.take(1)).toHaveLength(1);
    await reader.close();
  });

  it.each([
    ['?since=-1', {}, 'Invalid value for since: -1 (expected a whole number from 0)'],
    ['?filters[statusxxx]=1', {}, 'Invalid filter: statusxxx'],
    ['?limit=5', {}, 'Invalid parameter: limit'],
    ['?action=read', {}, 'Invalid action: read (the address names events; they must agree)'],
    [
      '',
      { 'last-event-id': 'x' },
      'Invalid Last-Event-ID: x (expected the id of an event of this stream, a whole number)',
    ],
  ])('refuses %s %j in the envelope', async (query, headers, message) => {
    await using app = await startTestApp();
    const answer = await app.fetch(`${EVENTS}${query}`, { headers });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { messages: string[] }).messages).toEqual([message]);
  });

  it('needs a token, and the hash of a token with a key', async () => {
    await using app = await startTestApp();
    const { token } = await app.addToken({ withKey: true });
    for (const [authorization, message] of [
      ['Bearer nonsense', 'Invalid API token'],
      [`Bearer ${token}`, 'Missing api_hash'],
    ] as const) {
      const answer = await app.fetch(`${EVENTS}?since=0`, { headers: { authorization } });
      expect([answer.status, ((await answer.json()) as { messages: string[] }).messages]).toEqual([401, [message]]);
    }
  });

  it('is refused with 503 beyond the number of streams that the settings allow, until one ends', async () => {
    await using app = await startTestApp({ settings: { limits: { eventStreams: 1 } } });
    const first = await listen(app);
    const answer = await app.fetch(EVENTS);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(((await answer.json()) as { messages: string[] }).messages).toEqual([
      'More than 1 streams of changes are open, try again',
    ]);
    await first.close();
    await expect.poll(async () => (await listen(app)).response.status).toBe(200);
  });

  it('says every 15 seconds that it is alive', async () => {
    await using app = await startTestApp();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const reader = await listen(app);
    vi.advanceTimersByTime(14_000);
    await save(app, 'a');
    await reader.take(1);
    expect(reader.text()).not.toContain(': alive');
    vi.advanceTimersByTime(1000);
    await save(app, 'b');
    await reader.take(1);
    expect(reader.text()).toMatch(/\n\n: alive\n\nid: 2\n/);
    await reader.close();
    vi.useRealTimers();
  });

  it('ends when the token is revoked', { timeout: 20_000 }, async () => {
    await using app = await startTestApp();
    const { token, stored } = await app.addToken();
    const reader = await listen(app, '', { authorization: `Bearer ${token}` });
    const other = await listen(app);
    await app.store.revokeToken(stored.id, 1);
    const begun = performance.now();
    expect(await reader.next()).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(reader.text()).toMatch(/: ended because the token was revoked\n\n$/);
    await save(app, 'a');
    expect(await other.take(1)).toHaveLength(1);
    await other.close();
  });

  it('ends first when the service stops, without making it wait', async () => {
    await using app = await startTestApp();
    const reader = await listen(app);
    const begun = performance.now();
    await app.app.stop();
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await reader.next()).toBeUndefined();
    expect(reader.text()).toMatch(/^retry: \d+\n\n[\s\S]*: ended because the service is stopping: come back/);
  });

  it('of a reader that stalls is cut with little in memory, while others get everything', {
    timeout: 60_000,
  }, async () => {
    await using app = await startTestApp({ streamPatienceMs: 500 });
    const stalled = await openSocket(app.url);
    stalled.pause();
    stalled.write(`GET ${EVENTS}?since=0 HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${app.token}\r\n\r\n`);
    const reading = await listen(app, '?since=0');
    const taken = reading.take(4000);

    // 4,000 calls of 4 KB: far more than it may hold and what the system holds for a socket.
    const vars = { note: 'x'.repeat(4000) };
    for (let batch = 0; batch < 4; batch++) {
      const calls = Array.from({ length: 1000 }, () => ({ caller_id: '+441632960001', vars }));
      expect((await app.post({ action: 'save', data: { project_id: 1, calls } })).status).toBe(200);
    }
    const events = await taken;
    expect(events.map(({ id }) => Number(id))).toEqual(Array.from({ length: 4000 }, (_, index) => index + 1));

    const cut = () => app.logLines.some((line) => line.includes('event stream cut: it is not read'));
    await expect.poll(cut, { timeout: 15_000 }).toBe(true);
    const text = await readToEnd(stalled.resume());
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids.length).toBeLessThan(4000);

    // What it got is whole, and it goes on where it was.
    const whole = [...text.matchAll(/^id: (\d+)\ndata: .*\n\n/gm)].map(([, id]) => Number(id));
    const last = whole.at(-1) ?? 0;
    expect(whole).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const resumed = await listen(app, '?since=0', { 'last-event-id': String(last) });
    expect((await resumed.take(4000 - last)).at(0)?.id).toBe(String(last + 1));
    await resumed.close();
    await reading.close();
  });
});

describe('many readers of the same', () => {
  it('share one read of the feed', async () => {
    const settings = testSettings(tempFolder());
    await using store = Object.assign(await openStore(settings), {
      [Symbol.asyncDispose]: () => store.close(),
    });
    let reads = 0;
    const counting: Store = {
      ...store,
      changes(question) {
        reads += 1;
        return store.changes(question);
      },
    };
    const queue = createCallQueue({ store: counting, clock: { now: () => NOW }, pbx: noPbx });
    const parts = { queue, projects: projectsOf(settings), timeZone: createTimeZone('UTC') };
    await using server = await startHttpServer({ parts, api: createApi(parts) });
    const ask = (path: string, request: RequestInit = {}) =>
      fetch(`${server.url}${path}`, { ...request, headers: { authorization: 'Bearer x' } });
    const readers = await Promise.all(Array.from({ length: 40 }, async () => readEvents(await ask(EVENTS))));
    const readsBefore = reads;
    const query = 'action=save&data[project_id]=1&data[calls][0][caller_id]=%2B441632960001';
    expect((await ask('/api/call-queue', { method: 'POST', body: query })).status).toBe(200);
    const events = await Promise.all(readers.map((reader) => reader.take(1)));
    expect(new Set(events.map(([event]) => event?.data)).size).toBe(1);
    expect(reads - readsBefore).toBeLessThan(10);
    await Promise.all(readers.map((reader) => reader.close()));
  });
});

describe('readers that come back while others write', () => {
  it('go on where they were after a restart of the service', async () => {
    await using app = await startTestApp();
    for (const name of ['a', 'b', 'c']) await save(app, name);
    const reader = await listen(app, '?since=0');
    const [, second] = await reader.take(2);
    await app.app.stop();
    const again = createApp({ settings: app.settings, logger: createLogger({ level: 'silent' }) });
    try {
      const { url } = await again.start();
      const headers = { authorization: `Bearer ${app.token}`, 'last-event-id': second?.id ?? '' };
      const resumed = readEvents(await fetch(`${url}${EVENTS}?since=0`, { headers }));
      expect(rowsOf(await resumed.take(1))).toMatchObject([{ sequence: 3, external_id: 'c' }]);
      await resumed.close();
    } finally {
      await again.stop();
    }
  });

  it('miss nothing and get nothing twice, over restarts of the connection', async () => {
    await using app = await startTestApp();
    const writers = 4;
    const each = 60;
    const writing = Array.from({ length: writers }, async (_, writer) => {
      for (let index = 0; index < each; index++) await save(app, `${writer}-${index}`);
    });

    const seen: number[] = [];
    let connections = 0;
    while (seen.length < writers * each) {
      connections += 1;
      const reader = await listen(app, '?since=0', { 'last-event-id': String(seen.at(-1) ?? 0) });
      // Left after some events, in the middle of what comes.
      for (let count = 0; count < 17 && seen.length < writers * each; count++) {
        const event = await reader.next();
        seen.push(Number(event?.id));
      }
      await reader.close();
    }
    await Promise.all(writing);
    expect(seen).toEqual(Array.from({ length: writers * each }, (_, index) => index + 1));
    expect(connections).toBeGreaterThan(10);
  });
});
