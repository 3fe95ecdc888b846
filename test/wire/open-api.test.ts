import { Validator } from '@seriousme/openapi-schema-validator';
import { Compile } from 'typebox/schema';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROW_MEMBERS } from '../../client/src/contract.ts';
import { exampleCall } from '../../src/wire/example-call.ts';
import { filterDefinitions } from '../../src/wire/filters.ts';
import { createOpenApi } from '../../src/wire/open-api.ts';
import { jsonParameters, openTestApi } from '../support/api.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is walked like the plain JSON it is
type Json = any;

/** As a reader gets it. */
const document: Json = JSON.parse(JSON.stringify(createOpenApi({ version: '1.2.3' })));
const post = document.paths['/api/call-queue'].post;

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
    const { filters } = post.requestBody.content['application/json'].schema.properties;
    expect(Object.keys(filters.properties)).toEqual([...filterDefinitions.keys()]);
    expect(Object.keys(document.components.schemas.Call.properties)).toEqual([...ROW_MEMBERS, 'waiting_for']);
    expect(Object.keys(document.paths)).toEqual(['/api/call-queue', '/api/call-queue/read']);
  });

  it('describes every parameter and member in words', () => {
    const { properties } = post.requestBody.content['application/json'].schema;
    for (const [name, schema] of [
      ...Object.entries<Json>(properties).filter(([member]) => member !== 'action'),
      ...Object.entries<Json>(properties.filters.properties),
      ...Object.entries<Json>(document.components.schemas.Call.properties),
    ]) {
      expect([name, schema.description]).toEqual([name, expect.stringMatching(/.{4,}/)]);
    }
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
      '413',
      '415',
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

  it.each(Object.entries<Json>(examples))('%s is valid, and answered as described', async (_name, { value }) => {
    expect(problemsOf(schema, value)).toEqual([]);
    const { status, answer } = await ask(value, { calls: [{}] });
    expect([status, answer.messages]).toEqual([200, []]);
    expect(problemsOf(post.responses['200'].content['application/json'].schema, answer)).toEqual([]);
  });

  const byPath = document.paths['/api/call-queue/read'].post.requestBody.content['application/json'];

  it.each(Object.entries<Json>(byPath.examples))(
    '%s is valid without an action where the address names it',
    async (_name, { value }) => {
      expect(value).not.toHaveProperty('action');
      expect(problemsOf(byPath.schema, value)).toEqual([]);
      expect((await ask(value, { pathAction: 'read' })).status).toBe(200);
    },
  );
});

describe('its schemas', () => {
  const { schema } = post.requestBody.content['application/json'];

  it.each([
    [{ action: 'read', filters: { status: 'in progress', id: [1, 2], schedule_null: '1', caller_id: 40722123456 } }],
    [{ action: 'read', filters: { date_between: ['2026-11-10 00:00:00', null], campaign: null } }],
    [{ action: 'read', sort: '-priority', page_size: 1000, with: 'waiting_for' }],
  ])('and the code both take %j', async (request) => {
    expect(problemsOf(schema, request)).toEqual([]);
    expect((await ask(request)).status).toBe(200);
  });

  it.each([
    [{}],
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
});
