import { describe, expect, expectTypeOf, test } from 'vitest';
import { type ClientOptions, ConflictError, createClient, type Row, type SavedCallRow } from '#client';
import { json, type Reply, startScriptedServer } from '../support/scripted-server.ts';

const TOKEN = 'cq_a-token';
const resets: Reply = (response) => response.destroy();
const DATA = { project_id: 1, calls: [{ caller_id: '+441632960001' }] };

type Client = ReturnType<typeof createClient>;

/** Every action: how it is asked for by the client, and what travels then. */
const ACTIONS: [name: string, ask: (client: Client) => Promise<unknown>, sent: object][] = [
  ['save', (client) => client.save(DATA), { data: DATA }],
  ['save', (client) => client.save(DATA, { dryRun: true }), { data: DATA, dry_run: true }],
  [
    'update',
    (client) => client.update({ calls: [{ id: 1, priority: 5 }] }),
    { data: { calls: [{ id: 1, priority: 5 }] } },
  ],
  ['cancel', (client) => client.cancel({ ids: [1], reason: 'x' }), { data: { ids: [1], reason: 'x' } }],
  ['delete', (client) => client.delete({ ids: [1] }), { data: { ids: [1] } }],
  ['claim', (client) => client.claim({ agent: 'ana' }), { data: { agent: 'ana' } }],
  ['claim', (client) => client.claim(), { data: {} }],
  ['extend', (client) => client.extend({ id: 1, lease_seconds: 60 }), { data: { id: 1, lease_seconds: 60 } }],
  ['release', (client) => client.release({ id: 1, force: true }), { data: { id: 1, force: true } }],
  ['complete', (client) => client.complete({ id: 1, result: 'busy' }), { data: { id: 1, result: 'busy' } }],
  ['note', (client) => client.note({ id: 1, text: 'a\nb' }), { data: { id: 1, text: 'a\nb' } }],
  ['history', (client) => client.history(1), { data: { id: 1 } }],
  ['stats', (client) => client.stats({ project_id: 1 }), { data: { filters: { project_id: 1 } } }],
  ['me', (client) => client.me(), {}],
  ['projects', (client) => client.projects(), {}],
  ['do_not_call', (client) => client.doNotCall({ list: true }), { data: { list: true } }],
  [
    'do_not_call',
    (client) => client.doNotCall({ add: ['+441632960001'], reason: 'x' }),
    { data: { add: ['+441632960001'], reason: 'x' } },
  ],
  ['live', (client) => client.live(), {}],
  ['live', (client) => client.live({ timeFormat: 'rfc3339' }), { time_format: 'rfc3339' }],
  ['system', (client) => client.system(), {}],
];

describe('an action', () => {
  test.each(ACTIONS)('%s travels with its data as it was given', async (action, ask, sent) => {
    await using server = await startScriptedServer([results([{ id: 1 }])]);
    await ask(createClient({ url: server.url, token: TOKEN }));
    expect(server.requests).toHaveLength(1);
    expect(JSON.parse(server.requests[0]!.body)).toEqual({ action, ...sent });
  });

  test('takes how times are written and what rows hold beside its data', async () => {
    await using server = await startScriptedServer([results([{ id: 1 }])]);
    const client = createClient({ url: server.url, token: TOKEN });
    await client.extend({ id: 1 }, { timeFormat: 'rfc3339', with: ['waiting_for'] });
    const sent = { action: 'extend', data: { id: 1 }, time_format: 'rfc3339', with: ['waiting_for'] };
    expect(JSON.parse(server.requests[0]!.body)).toEqual(sent);
  });

  test('answers rows, or the one row that there is, typed', async () => {
    await using server = await startScriptedServer([results([{ id: 1 }]), results([{ id: 2 }]), results([])]);
    const client = createClient({ url: server.url, token: TOKEN });
    const saved = await client.save(DATA);
    const claimed = await client.claim({ id: 2 });
    const best = await client.claim();
    expect([saved, claimed, best]).toEqual([[{ id: 1 }], { id: 2 }, undefined]);
    expectTypeOf(saved).toEqualTypeOf<SavedCallRow[]>();
    expectTypeOf(claimed).toEqualTypeOf<Row>();
    expectTypeOf(best).toEqualTypeOf<Row | undefined>();
  });

  test('that must answer one and answers none is not the API', async () => {
    await using server = await startScriptedServer([results([])]);
    const completing = createClient({ url: server.url, token: TOKEN }).complete({ id: 1 });
    await expect(completing).rejects.toMatchObject({ code: 'invalid_answer' });
  });
});

describe('a lost answer', () => {
  const keyed: [string, (client: Client) => Promise<unknown>][] = [
    ['save', (client) => client.save(DATA)],
    ['update', (client) => client.update({ calls: [{ id: 1 }] })],
    ['cancel', (client) => client.cancel({ ids: 1 })],
    ['delete', (client) => client.delete({ ids: 1 })],
    ['release', (client) => client.release({ id: 1 })],
    ['complete', (client) => client.complete({ id: 1 })],
    ['note', (client) => client.note({ id: 1, text: 'x' })],
    ['do_not_call', (client) => client.doNotCall({ remove: '+441632960001' })],
  ];

  test.each(keyed)('makes %s try again with the same key', async (_, ask) => {
    const { requests, keys } = await trying([resets, resets, results([{ id: 1 }])], ask);
    expect(requests).toBe(3);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(1);
  });

  test.each<[string, (client: Client) => Promise<unknown>]>([
    ['a dry run', (client) => client.save(DATA, { dryRun: true })],
    ['the claim of a certain call', (client) => client.claim({ id: 1 })],
    ['extend', (client) => client.extend({ id: 1 })],
    ['history', (client) => client.history(1)],
    ['the do-not-call list', (client) => client.doNotCall({ list: true })],
  ])('makes %s try again without a key, because twice is as good as once', async (_, ask) => {
    const { requests, keys } = await trying([resets, results([{ id: 1 }])], ask);
    expect({ requests, keys }).toEqual({ requests: 2, keys: [undefined, undefined] });
  });

  test('of a claim of the best call is told at once: trying again could take a second call', async () => {
    const { requests, keys, error } = await trying([resets, results([])], (client) => client.claim({ agent: 'ana' }));
    expect({ requests, keys }).toEqual({ requests: 1, keys: [undefined] });
    expect(error).toMatchObject({ code: 'network' });
  });

  test('of a claim with a key makes it try again with that key', async () => {
    const claim = (client: Client) => client.claim({ agent: 'ana' }, { idempotencyKey: 'screen 4, click 12' });
    const { keys, error } = await trying([resets, results([])], claim);
    expect(keys).toEqual(['screen 4, click 12', 'screen 4, click 12']);
    expect(error).toBeUndefined();
  });

  test('needs no key when nothing is tried again', async () => {
    const { keys } = await trying([results([])], (client) => client.save(DATA), { retries: 0 });
    expect(keys).toEqual([undefined]);
  });

  test('whose request is still at work is waited for', async () => {
    const working = json(409, refusal('still_running'), { 'retry-after': '1' });
    const { requests, keys, error } = await trying([resets, working, results([])], (client) => client.save(DATA));
    expect(error).toBeUndefined();
    expect({ requests, sameKey: new Set(keys).size }).toEqual({ requests: 3, sameKey: 1 });
  });

  test('gives two requests two keys', async () => {
    await using server = await startScriptedServer([results([]), results([])]);
    const client = createClient({ url: server.url, token: TOKEN });
    await client.save(DATA);
    await client.save(DATA);
    const [first, second] = server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(first).not.toBe(second);
  });
});

test('a key that cannot be sent is refused by name', async () => {
  const client = createClient({ url: 'http://127.0.0.1:1', token: TOKEN });
  for (const idempotencyKey of ['', 'x'.repeat(256), 'a\nb', 'é', ' a']) {
    await expect(client.save(DATA, { idempotencyKey })).rejects.toThrow(/^idempotencyKey: cannot be sent/);
  }
});

describe('a conflict', () => {
  test('is not tried again, and holds the calls that the server sends along', async () => {
    const envelope = refusal('changed_since', 'held');
    (envelope.errors[0] as object as { call: object }).call = { id: 1, priority: 5 };
    const { requests, error } = await trying([json(409, envelope)], (client) => client.update({ calls: [{ id: 1 }] }));
    expect(requests).toBe(1);
    expect(error).toBeInstanceOf(ConflictError);
    expect((error as ConflictError).calls).toEqual([{ id: 1, priority: 5 }]);
    expect((error as ConflictError).errors.map(({ code }) => code)).toEqual(['changed_since', 'held']);
  });
});

async function trying(
  replies: readonly Reply[],
  ask: (client: Client) => Promise<unknown>,
  options: Partial<ClientOptions> = {},
) {
  await using server = await startScriptedServer(replies);
  const client = createClient({ url: server.url, token: TOKEN, wait: async () => {}, ...options });
  const error = await ask(client).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const keys = server.requests.map(({ headers }) => headers['idempotency-key']);
  return { requests: server.requests.length, keys, error };
}

function results(rows: readonly object[]): Reply {
  return json(200, { has_error: false, messages: [], pagination: [], results: rows });
}

function refusal(...codes: string[]) {
  const errors = codes.map((code) => ({ code, message: `It is ${code}`, field: null, row: null }));
  return { has_error: true, messages: errors.map(({ message }) => message), pagination: [], results: [], errors };
}
