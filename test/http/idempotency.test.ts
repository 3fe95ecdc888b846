import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLogger } from '../../src/logger.ts';
import { startTestApp } from '../support/app.ts';
import { readEvents } from '../support/event-reader.ts';

const SAVE = { action: 'save', data: { project_id: 1, calls: [{ caller_id: '+441632960001' }] } };
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } });

describe('the header Idempotency-Key', () => {
  it('makes a repeat answer as the first did, and says that it is one', async () => {
    await using app = await startTestApp();
    const first = await app.post(SAVE, withKey('order 4711'));
    const second = await app.post(SAVE, withKey('order 4711'));
    const parameter = await app.post({ ...SAVE, idempotency_key: 'order 4711' });
    expect(second.body).toEqual(first.body);
    expect(parameter.body).toEqual(first.body);
    expect([first, second, parameter].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([
      null,
      'true',
      'true',
    ]);
    expect((await app.post({ action: 'read' })).body.pagination).toMatchObject({ row_count: 1 });
  });

  it('holds for a thousand repeats at the same time', async () => {
    await using app = await startTestApp();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => app.post(SAVE, withKey('same'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect((await app.post({ action: 'read' })).body.pagination).toMatchObject({ row_count: 1 });
  });

  it('belongs to the token, and with another request is 422', async () => {
    await using app = await startTestApp();
    const { token } = await app.addToken();
    await app.post(SAVE, withKey('k'));
    const other = await app.post(SAVE, { ...withKey('k'), token });
    expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([200, null]);
    const changed = await app.post(
      { ...SAVE, dry_run: null, data: { ...SAVE.data, campaign_name: 'x' } },
      withKey('k'),
    );
    expect([changed.status, changed.body.errors?.[0]?.code]).toEqual([422, 'key_reused']);
  });

  it('survives a restart', async () => {
    await using app = await startTestApp();
    await app.post(SAVE, withKey('k'));
    await app.app.stop();
    const again = createApp({
      settings: app.settings,
      logger: createLogger({ level: 'silent' }),
      clock: { now: () => Date.UTC(2026, 10, 25) / 1000 },
    });
    const { url } = await again.start();
    const answer = await fetch(`${url}/api/call-queue`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.token}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: JSON.stringify(SAVE),
    });
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    await again.stop();
  });

  it.each([
    ['nothing', ''],
    ['more than 255 characters', 'k'.repeat(256)],
    ['a tab', 'a\tb'],
  ])('is refused when it holds %s', async (_what, key) => {
    await using app = await startTestApp();
    const { status, body } = await app.post(SAVE, withKey(key));
    expect(status).toBe(400);
    expect(body.messages[0]).toMatch(/^Invalid value for idempotency_key: /);
    expect((await app.post({ action: 'read' })).body.pagination).toMatchObject({ row_count: 0 });
  });

  it('does not matter to what changes nothing', async () => {
    await using app = await startTestApp();
    const read = await app.post({ action: 'read' }, withKey('k'.repeat(300)));
    expect([read.status, read.headers.get('idempotency-replayed')]).toEqual([200, null]);
  });
});

describe('a GET that changes something', () => {
  it('is done once within a minute, as clients and proxies may send a GET twice', async () => {
    let now = Date.UTC(2026, 10, 24) / 1000;
    await using app = await startTestApp({ clock: { now: () => now } });
    const get = async () => {
      const query = 'action=save&data[project_id]=1&data[calls][0][caller_id]=%2B441632960001';
      const answer = await app.fetch(`/api/call-queue?${query}`);
      return { status: answer.status, replayed: answer.headers.get('idempotency-replayed') };
    };
    const reader = readEvents(await app.fetch('/api/call-queue/events'));
    expect(await get()).toEqual({ status: 200, replayed: null });
    expect(await get()).toEqual({ status: 200, replayed: 'true' });
    now += 61;
    expect(await get()).toEqual({ status: 200, replayed: null });
    expect((await reader.take(2)).map(({ id }) => id)).toEqual(['1', '2']);
    await reader.close();
  });

  it('needs the token like any other: a page of another origin cannot send it (no cookie, no Access-Control)', async () => {
    await using app = await startTestApp();
    const answer = await fetch(`${app.url}/api/call-queue?action=cancel&data[ids][0]=1`, {
      headers: { origin: 'https://evil.example', cookie: `api_token=${app.token}` },
    });
    expect(answer.status).toBe(401);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const events = await fetch(`${app.url}/api/call-queue/events`, { headers: { origin: 'https://evil.example' } });
    expect(events.status).toBe(401);
  });
});
