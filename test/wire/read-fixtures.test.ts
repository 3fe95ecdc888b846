import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { NewCall } from '../../src/core/call-store.ts';
import type { Credential } from '../../src/wire/credential.ts';
import { anyone, formParameters, jsonParameters, openTestApi, type TestApi } from '../support/api.ts';

/** One request, and what is answered to it. Instants of calls are ISO 8601, ids count from 1 in the order given. */
interface Fixture {
  title: string;
  calls?: readonly Readonly<Record<string, unknown>>[];
  credential?: Partial<Credential>;
  pathAction?: string;
  /** One of these three. */
  request?: unknown;
  json?: string;
  form?: string;
  expect: {
    status?: number;
    messages?: readonly string[];
    ids?: readonly number[];
    /** Member of the rows, in their order. */
    members?: Readonly<Record<string, readonly unknown[]>>;
    /** `*` stands for any text. */
    pagination?: Readonly<Record<string, unknown>>;
    /** The answer to the letter. */
    body?: string;
  };
}

const FIXTURES = new URL('../fixtures/', import.meta.url);

function load(kind: 'good' | 'bad'): [string, Fixture][] {
  const folder = new URL(`${kind}/`, FIXTURES);
  const names = readdirSync(folder).filter((name) => name.startsWith('read-'));
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Fixture]);
}

function callOf(members: Readonly<Record<string, unknown>>): Partial<NewCall> {
  const isInstant = (name: string) => /(At|Until)$|^schedule$/.test(name);
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      isInstant(name) && typeof value === 'string' ? Date.parse(value) / 1000 : value,
    ]),
  );
}

async function answerTo(api: TestApi, { form, json, request, credential, pathAction }: Fixture) {
  const parameters = form === undefined ? jsonParameters(json ?? request) : formParameters(form);
  const { status, text } = await api.ask(parameters, { credential: { ...anyone, ...credential }, pathAction });
  return { status, text, answer: JSON.parse(text) };
}

it.each(load('good'))('%s is answered', async (_name, fixture) => {
  const api = await openTestApi();
  onTestFinished(() => api.close());
  if (fixture.calls !== undefined) await api.add(fixture.calls.map(callOf));
  const { status, text, answer } = await answerTo(api, fixture);
  const { ids, members = {}, pagination, body } = fixture.expect;

  expect({ status, messages: answer.messages, has_error: answer.has_error }).toEqual({
    status: 200,
    messages: [],
    has_error: false,
  });
  expect(answer.results.map((row: { id: number }) => row.id)).toEqual(ids);
  for (const [name, values] of Object.entries(members)) {
    expect(answer.results.map((row: Record<string, unknown>) => row[name])).toEqual(values);
  }
  if (pagination !== undefined) {
    const figures = Object.entries(pagination).map(([name, value]) => [
      name,
      value === '*' ? expect.any(String) : value,
    ]);
    expect(answer.pagination).toEqual(Object.fromEntries(figures));
  }
  if (body !== undefined) expect(text).toBe(body);
});

describe('beside a list of two calls', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await openTestApi();
    await api.add([{}, { projectId: 2 }]);
  });
  afterAll(() => api.close());

  it.each(load('bad'))('%s is refused', async (_name, fixture) => {
    const { status, answer } = await answerTo(api, fixture);

    expect({ status, messages: answer.messages }).toEqual({
      status: fixture.expect.status,
      messages: fixture.expect.messages,
    });
    expect(answer).toMatchObject({ has_error: true, pagination: [], results: [] });
    // The same sentences in the same order, for programs.
    expect(answer.errors.map((problem: { message: string }) => problem.message)).toEqual(answer.messages);
    for (const problem of answer.errors) {
      expect(problem.code).toMatch(/^[a-z_]+$/);
      expect(problem.row).toBeNull();
    }
    // Whatever was tried, the list is what it was.
    const everything = await api.ask(jsonParameters({ action: 'read' }));
    expect(JSON.parse(everything.text).pagination.row_count).toBe(2);
  });
});
