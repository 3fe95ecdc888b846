import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { ConflictError, createClient, FeedResetError, type Fetch, type StatsRow } from '#client';
import { NOW, startTestApp, type TestApp } from '../support/app.ts';

describe('the client and the life of a call', () => {
  let app: TestApp;
  let now = NOW;

  beforeAll(async () => {
    app = await startTestApp({
      settings: { timezone: 'Europe/Bucharest', projects: [1, 2].map((id) => ({ id, name: `Project ${id}` })) },
      clock: { now: () => now },
    });
  });
  afterAll(() => app?.stop());

  test('agree from save to the end', async () => {
    const client = clientOf(app);
    const saved = await client.save({
      project_id: 1,
      type: 'queue',
      destination: 'sales',
      calls: [
        { caller_id: '+44 1632 960001', external_id: 'order-1', max_retries: 1, vars: { order: 1, vip: true } },
        { caller_id: '+44 1632 960002', priority: 5 },
      ],
    });
    expect(saved.map(({ outcome, status }) => [outcome, status])).toEqual(Array(2).fill(['created', 'pending']));
    const [first, second] = saved.map(({ id }) => id as number);

    const claimed = await client.claim({ agent: 'ana', filters: { destination: 'sales' } });
    expect(claimed).toMatchObject({ id: second, status: 'inprogress', claimed_by: 'ana' });
    expect(await client.extend({ id: second!, agent: 'ana', lease_seconds: 3600 })).toMatchObject({
      claimed_until: '2026-11-24 15:00:00',
    });
    expect(await client.complete({ id: second!, agent: 'ana', result: 'answered' })).toMatchObject({
      status: 'completed',
      last_result: 'answered',
    });

    await client.claim({ agent: 'ben', id: first! });
    const retryAt = '2026-11-25T09:00:00+02:00';
    const planned = await client.complete(
      { id: first!, agent: 'ben', result: 'busy', retry_at: retryAt },
      { timeFormat: 'rfc3339', with: ['waiting_for'] },
    );
    expect(planned).toMatchObject({ status: 'pending', retries: 1, next_attempt_at: retryAt });
    expect(planned.waiting_for).toMatchObject({ code: 'retry_delay', until: retryAt });
    expect(await client.claim({ agent: 'ana' })).toBeUndefined();

    await client.claim({ agent: 'ben', id: first! });
    expect(await client.release({ id: first!, agent: 'ben', schedule: '' })).toMatchObject({ claimed_by: null });
    await client.note({ id: first!, text: 'Asked for Monday' });
    await client.update({ calls: [{ id: first!, priority: 7 }] });
    expect((await client.cancel({ project_id: 1, external_ids: 'order-1', reason: 'paid' }))[0]).toMatchObject({
      status: 'cancelled',
    });
    expect((await client.delete({ ids: [first!] }))[0]).toMatchObject({ status: 'deleted' });
    expect((await client.history(first!)).map(({ event }) => event)).toEqual([
      'created',
      'claimed',
      'retry_planned',
      'claimed',
      'released',
      'note',
      'updated',
      'cancelled',
      'deleted',
    ]);
    const stats = await client.stats({ project_id: 1 });
    expectTypeOf(stats).toEqualTypeOf<StatsRow>();
    expect(stats).toMatchObject({ total: 2, by_status: { completed: 1, deleted: 1 }, due_now: 0 });
  });

  test('agree on who asks, and on the projects', async () => {
    const { token, key } = await app.addToken({ withKey: true, scope: 'write', agent: 'ana', projectIds: [2] });
    const client = createClient({ url: app.url, token, key });
    expect(await client.me()).toMatchObject({
      agent: 'ana',
      scopes: ['read', 'write'],
      projects: [2],
      timezone: 'Europe/Bucharest',
    });
    expect((await client.projects()).map(({ id, name }) => [id, name])).toEqual([[2, 'Project 2']]);
  });

  test('agree on the hash of everything that a save can hold', async () => {
    const { token, key } = await app.addToken({ withKey: true });
    const client = createClient({ url: app.url, token, key });
    const calls = [
      {
        caller_id: 441632960003,
        caller_id_name: "Zoë & 'Co' ~*",
        schedule: '',
        max_retries: '',
        vars: { a: 0.1, b: false },
      },
      { caller_id: '01632 960004', priority: -5, external_id: 4711, campaign_info: null, again: true },
    ] as const;
    const saved = await client.save({ project_id: 2, campaign_name: '電話 😀', calls }, { dryRun: true });
    expect(saved).toMatchObject([
      { id: null, outcome: 'created' },
      { id: null, external_id: '4711', outcome: 'created' },
    ]);
  });

  test('make one call when the answer to a save is lost and the client tries again', async () => {
    const client = createClient({ url: app.url, token: app.token, fetch: losingFirstAnswer(), wait: async () => {} });
    // Without an external id nothing but the key tells that it is the same.
    const [saved] = await client.save({ project_id: 2, calls: [{ caller_id: '+44 1632 960005' }] });
    const { results } = await client.read({ filters: { caller_id: '+441632960005' } });
    expect(results.map(({ id }) => id)).toEqual([saved!.id]);
  });

  test('close a call once when the answer is lost, instead of meeting a conflict with themselves', async () => {
    const [saved] = await clientOf(app).save({ project_id: 2, calls: [{ caller_id: '+44 1632 960006' }] });
    await clientOf(app).claim({ agent: 'ana', id: saved!.id! });
    const client = createClient({ url: app.url, token: app.token, fetch: losingFirstAnswer(), wait: async () => {} });
    expect(await client.complete({ id: saved!.id!, agent: 'ana' })).toMatchObject({ status: 'completed' });
  });

  test('know a request again by a key of the caller', async () => {
    const client = clientOf(app);
    const save = (caller_id: string) =>
      client.save({ project_id: 2, calls: [{ caller_id }] }, { idempotencyKey: 'job 17' });
    const first = await save('+44 1632 960007');
    expect(await save('+44 1632 960007')).toEqual(first);
    await expect(save('+44 1632 960008')).rejects.toMatchObject({ status: 422, errors: [{ code: 'key_reused' }] });
  });

  test('tell a conflict with who holds the call, or with the call as it is now', async () => {
    const client = clientOf(app);
    const [saved] = await client.save({ project_id: 2, calls: [{ caller_id: '+44 1632 960009' }] });
    const id = saved!.id!;
    const [seen] = (await client.read({ filters: { id } })).results;
    now += 10;
    await client.update({ calls: [{ id, priority: 3 }] });
    const stale = client.update({ calls: [{ id, priority: 4, expected_updated_at: seen!.updated_at }] });
    const conflict = await stale.catch((error) => error);
    expect(conflict).toBeInstanceOf(ConflictError);
    expect(conflict.calls).toMatchObject([{ id, priority: 3 }]);

    await client.claim({ agent: 'ana', id });
    const held = await client.claim({ agent: 'ben', id }).catch((error) => error);
    expect(held).toBeInstanceOf(ConflictError);
    expect(held.errors.map(({ code }: { code: string }) => code)).toEqual(['held']);
    expect(held.message).toContain('ana');
  });

  test('follow what changes from the beginning, and go on later where they were', async () => {
    const client = clientOf(app);
    const rows = new Map<number, number>();
    let since = 0;
    const catchUp = async () => {
      for await (const { id, priority, sequence } of client.changes({ since, follow: false, pageSize: 3 })) {
        rows.set(id, priority);
        since = sequence;
      }
    };
    await catchUp();
    const all = new Map<number, number>();
    for await (const { id, priority } of client.calls()) all.set(id, priority);
    expect(new Map([...rows].sort(([a], [b]) => a - b))).toEqual(all);

    const before = since;
    const [saved] = await client.save({ project_id: 1, calls: [{ caller_id: '+44 1632 960010', priority: 99 }] });
    await catchUp();
    expect(since).toBe(before + 1);
    expect(rows.get(saved!.id!)).toBe(99);
  });

  test('learn from changes which calls no longer match', async () => {
    const client = clientOf(app);
    const [saved] = await client.save({ project_id: 1, calls: [{ caller_id: '+44 1632 960011' }] });
    await client.cancel({ ids: saved!.id! });
    const told: (boolean | undefined)[] = [];
    for await (const change of client.changes({ follow: false, filters: { status: 'pending' } })) {
      if (change.id === saved!.id) told.push(change.matches);
    }
    expect(told).toEqual([false, false]);
  });

  test('hear of changes as they happen, also with a key and with filters', async () => {
    const { token, key } = await app.addToken({ withKey: true });
    const client = createClient({ url: app.url, token, key });
    const filters = { status: 'pending', search: 'zoë', caller_id: ['+44 1632 960012', '01632 960013'] } as const;
    const changes = client.changes({ since: await lastSequenceOf(client), live: true, filters, with: ['waiting_for'] });
    const next = changes.next();
    const [saved] = await client.save({
      project_id: 1,
      calls: [{ caller_id: '+44 1632 960012', caller_id_name: 'Zoë' }],
    });
    expect((await next).value).toMatchObject({ id: saved!.id, matches: true, waiting_for: { code: 'agent' } });
    await client.claim({ agent: 'ana', id: saved!.id! });
    expect((await changes.next()).value).toMatchObject({ id: saved!.id, matches: false, claimed_by: 'ana' });
    await changes.return();
  });

  test.each([false, true])('are told when the changes that they ask for are not known (live: %s)', async (live) => {
    const client = clientOf(app);
    const last = await lastSequenceOf(client);
    const following = client.changes({ since: last + 1000, live }).next();
    await expect(following).rejects.toBeInstanceOf(FeedResetError);
    await expect(following).rejects.toMatchObject({ nextSince: last });
  });
});

const clientOf = ({ url, token }: TestApp) => createClient({ url, token });

async function lastSequenceOf(client: ReturnType<typeof createClient>): Promise<number> {
  let last = 0;
  for await (const { sequence } of client.changes({ follow: false })) last = sequence;
  return last;
}

/** The server does what it is asked, and then the connection breaks: once. */
function losingFirstAnswer(): Fetch {
  let isFirst = true;
  return async (url, init) => {
    const response = await fetch(url, init);
    if (!isFirst) return response;
    isFirst = false;
    await response.text();
    throw new TypeError('fetch failed');
  };
}
