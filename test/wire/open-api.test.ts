import { Validator } from '@seriousme/openapi-schema-validator';
import { Compile } from 'typebox/schema';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ACTIONS, ROW_MEMBERS } from '../../client/src/contract.ts';
import { EXAMPLE_NOW, exampleCall } from '../../src/wire/example-call.ts';
import { filterDefinitions } from '../../src/wire/filters.ts';
import { createOpenApi } from '../../src/wire/open-api.ts';
import { admin, jsonParameters, openTestApi } from '../support/api.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked like the plain JSON it is
type Json = any;

/** As a reader gets it. */
const document: Json = JSON.parse(JSON.stringify(createOpenApi({ version: '1.2.3' })));
const { get, post } = document.paths['/api/call-queue'];
const bodyOf = (path: string): Json => document.paths[path].post.requestBody.content['application/json'];
const readBody = bodyOf('/api/call-queue/read');

/** Puts what `$ref` names in its place. */
function resolve(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(resolve);
  if (schema === null || typeof schema !== 'object') return schema;
  if (typeof schema.$ref === 'string') {
    return resolve(
      schema.$ref
        .slice(2)
        .split('/')
        .reduce((node: Json, name: string) => node[name], document),
    );
  }
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, resolve(value)]));
}

function problemsOf(schema: Json, value: unknown): unknown[] {
  const [isValid, errors] = Compile(resolve(schema)).Errors(value);
  return isValid ? [] : errors;
}

/** Which calls each action finds when its examples are tried. */
const HELD = { status: 'inprogress', claimedBy: 'ana', claimedUntil: EXAMPLE_NOW + 600 } as const;
const SITUATIONS: Record<string, object[]> = {
  extend: [HELD],
  release: [HELD],
  complete: [HELD],
  cancel: [{}],
  delete: [{}, { externalId: null }],
};

/** Tries an example where the call of the examples is stored. */
async function tryOut(action: string, request: object) {
  const api = await openTestApi({ now: () => EXAMPLE_NOW });
  onTestFinished(() => api.close());
  const { id: _, ...call } = exampleCall;
  await api.add((SITUATIONS[action] ?? [{}]).map((changes) => ({ ...call, ...changes })));
  const { status, text } = await api.ask(jsonParameters(request), { credential: admin });
  return { status, answer: JSON.parse(text) };
}

async function ask(request: unknown, { pathAction, calls = [] }: { pathAction?: string; calls?: object[] } = {}) {
  const api = await openTestApi();
  onTestFinished(() => api.close());
  if (calls.length > 0) await api.add(calls);
  const { status, text } = await api.ask(jsonParameters(request), { pathAction });
  return { status, answer: JSON.parse(text) };
}

describe('the description of the API', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  });

  it('names every filter, every member of a row and every address', () => {
    const { filters } = readBody.schema.properties;
    expect(Object.keys(filters.properties)).toEqual([...filterDefinitions.keys()]);
    expect(Object.keys(document.components.schemas.Call.properties)).toEqual([...ROW_MEMBERS, 'waiting_for']);
    expect(Object.keys(document.paths)).toEqual([
      '/api/call-queue',
      ...ACTIONS.map((action) => `/api/call-queue/${action}`),
      '/api/call-queue/events',
      '/api/call-queue/export',
    ]);
  });

  it.each([
    ['events', ['since', 'filters', 'with', 'time_format', 'api_hash', 'Last-Event-ID']],
    ['export', ['format', 'filters', 'time_format', 'api_hash']],
  ])('describes the parameters of the stream of %s in words', (name, names) => {
    const { parameters } = document.paths[`/api/call-queue/${name}`].get;
    expect(parameters.map((parameter: Json) => parameter.name)).toEqual(names);
    for (const { description, schema } of parameters) expect(description ?? schema.description).toMatch(/\w \w/);
  });

  it.each(ACTIONS)('describes every parameter and member of %s in words', (action) => {
    const { properties } = bodyOf(`/api/call-queue/${action}`).schema;
    const { schema } = document.paths[`/api/call-queue/${action}`].post.responses['200'].content['application/json'];
    const data = properties.data?.properties ?? {};
    for (const [name, described] of [
      ...Object.entries<Json>(properties).filter(([member]) => member !== 'action'),
      ...Object.entries<Json>(properties.filters?.properties ?? {}),
      ...Object.entries<Json>(data),
      ...Object.entries<Json>(data.calls?.items.properties ?? {}),
      ...Object.entries<Json>(resolve(schema.properties.results.items).properties),
    ]) {
      expect([name, described.description]).toEqual([name, expect.stringMatching(/.{4,}/)]);
    }
  });

  it('shows by GET only what reads', () => {
    const [action] = get.parameters;
    expect(action.schema.enum).toEqual(['read', 'history', 'stats', 'changes', 'me', 'projects', 'live', 'system']);
    expect(new Set(get.parameters.map(({ name }: Json) => name)).size).toBe(get.parameters.length);
  });

  it('gives an example for every error, in the envelope that its schema describes', () => {
    const { responses } = post;
    expect(Object.keys(responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '405',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    for (const [status, response] of Object.entries<Json>(responses).filter(([found]) => found !== '200')) {
      const { schema, example } = resolve(response).content['application/json'];
      expect([status, problemsOf(schema, example)]).toEqual([status, []]);
    }
  });

  it('shows the answer that an installation with the example call really gives', async () => {
    const { id, ...call } = exampleCall;
    const { schema, examples } = post.responses['200'].content['application/json'];
    const { answer } = await ask({ action: 'read' }, { calls: [call] });
    expect(examples.read.value).toEqual(answer);
    expect(answer.results[0].id).toBe(id);
    expect(problemsOf(schema, answer)).toEqual([]);
  });
});

describe('every request that it shows', () => {
  const { schema, examples } = post.requestBody.content['application/json'];
  const answers = post.responses['200'].content['application/json'].schema;

  it('is there for every action', () => {
    expect(new Set(Object.values<Json>(examples).map(({ value }) => value.action))).toEqual(new Set(ACTIONS));
  });

  it.each(Object.entries<Json>(examples))('%s is valid, and answered as described', async (_name, { value }) => {
    expect(problemsOf(schema, value)).toEqual([]);
    const { status, answer } = await tryOut(value.action, value);
    expect([status, answer.messages]).toEqual([200, []]);
    expect(problemsOf(answers, answer)).toEqual([]);
    const own = document.paths[`/api/call-queue/${value.action}`].post.responses['200'].content['application/json'];
    expect(problemsOf(own.schema, answer)).toEqual([]);
  });

  it.each(ACTIONS)('is valid without an action where the address names %s', async (action) => {
    const byPath = bodyOf(`/api/call-queue/${action}`);
    for (const { value } of Object.values<Json>(byPath.examples)) {
      expect(value).not.toHaveProperty('action');
      expect(problemsOf(byPath.schema, value)).toEqual([]);
    }
  });
});

describe('every answer that it shows', () => {
  it.each(ACTIONS)('is one of %s as described', (action) => {
    const { schema, examples } =
      document.paths[`/api/call-queue/${action}`].post.responses['200'].content['application/json'];
    expect(problemsOf(schema, examples[action].value)).toEqual([]);
  });

  it.each([
    ['update', 'call-sooner-unless-somebody-changed-the-call-meanwhile'],
    ['cancel', 'cancel-a-call'],
    ['claim', 'claim-the-best-due-call-of-a-queue'],
    ['extend', 'keep-a-call-for-half-an-hour'],
    ['release', 'give-a-call-back-for-tomorrow'],
    ['complete', 'close-a-call'],
  ])('of %s is what the first request shown really gets', async (action, name) => {
    const { value } = post.requestBody.content['application/json'].examples[name];
    const { examples } = post.responses['200'].content['application/json'];
    expect((await tryOut(action, value)).answer).toEqual(examples[action].value);
  });
});

describe('its schemas', () => {
  const { schema } = readBody;

  it.each([
    [{ action: 'read', filters: { status: 'in progress', id: [1, 2], schedule_null: '1', caller_id: 40722123456 } }],
    [{ action: 'read', filters: { date_between: ['2026-11-10 00:00:00', null], campaign: null } }],
    [{ action: 'read', sort: '-priority', page_size: 1000, with: 'waiting_for' }],
  ])('and the code both take %j', async (request) => {
    expect(problemsOf(schema, request)).toEqual([]);
    expect((await ask(request)).status).toBe(200);
  });

  it.each([
    [{ action: 'write' }],
    [{ action: 'read', filters: 'abc' }],
    [{ action: 'read', filters: { statusxxx: 1 } }],
    [{ action: 'read', filters: { status: 'PENDING' } }],
    [{ action: 'read', filters: { id: [0] } }],
    [{ action: 'read', filters: { date_between: ['2026-11-10 00:00:00'] } }],
    [{ action: 'read', page: 0 }],
    [{ action: 'read', page_size: 1001 }],
    [{ action: 'read', sort: 'name' }],
    [{ action: 'read', foo: 1 }],
  ])('and the code both refuse %j', async (request) => {
    expect(problemsOf(schema, request)).not.toEqual([]);
    expect((await ask(request)).status).toBe(400);
  });

  const call = { caller_id: '+441632960123' };
  it.each([
    [
      {
        action: 'save',
        data: { project_id: 1, calls: [{ ...call, vars: { A: 1, B: null }, schedule: '', type: null }] },
      },
    ],
    [{ action: 'save', data: { project_id: 1, type: '', destination: '', calls: [{ caller_id: 441632960123 }] } }],
    [{ action: 'save', dry_run: '1', data: { project_id: 1, again: true, calls: [{ ...call, again: false }] } }],
    [{ action: 'cancel', data: { ids: 1 } }],
    [{ action: 'changes', since: 0, filters: { status: ['pending'] }, with: 'waiting_for' }],
    [{ action: 'release', data: { id: 1, force: 1, schedule: '' } }],
  ])('and the code both take %j', async (request) => {
    expect(problemsOf(bodyOf(`/api/call-queue/${request.action}`).schema, request)).toEqual([]);
    expect((await tryOut(request.action, request)).status).toBe(200);
  });

  it.each([
    [{ action: 'save', data: { calls: [call] } }],
    [{ action: 'save', data: { project_id: 1 } }],
    [{ action: 'save', data: { project_id: 1, calls: [] } }],
    [{ action: 'save', data: { project_id: 1, calls: [{}] } }],
    [{ action: 'save', data: { project_id: 1, calls: [{ ...call, project_id: 1 }] } }],
    [{ action: 'save', data: { project_id: 1, priority: 1, calls: [call] } }],
    [{ action: 'save', data: { project_id: 1, calls: [{ ...call, priority: 1001 }] } }],
    [{ action: 'save', data: { project_id: 1, calls: [{ ...call, destination: 'a b', type: 'queue' }] } }],
    [{ action: 'save', data: { project_id: 1, calls: [{ ...call, vars: { A: { B: 1 } } }] } }],
    [{ action: 'update', data: { calls: [{ id: 1, status: 'pending' }] } }],
    [{ action: 'update', data: { calls: [{ priority: 1 }] } }],
    [{ action: 'claim', data: { agent: 'ana', lease_seconds: 9 } }],
    [{ action: 'complete', data: { id: 1, agent: 'ana', result: 'ANSWERED' } }],
    [{ action: 'note', data: { id: 1 } }],
    [{ action: 'changes', data: { limit: 1001 } }],
    [{ action: 'me', idempotency_key: 'x' }],
  ])('and the code both refuse %j', async (request) => {
    expect(problemsOf(bodyOf(`/api/call-queue/${request.action}`).schema, request)).not.toEqual([]);
    expect((await tryOut(request.action, request)).status).toBe(400);
  });
});
