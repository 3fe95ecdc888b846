import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ACTIONS } from '../../client/src/contract.ts';
import type { NewCall } from '../../src/core/call-store.ts';
import type { Credential } from '../../src/wire/credential.ts';
import { formParameters, jsonParameters, NOW, openTestApi, type TestApi, writer } from '../support/api.ts';

/** One request and what is answered to it. */
interface Step {
  /** One of these two. */
  request?: unknown;
  form?: string;
  credential?: Partial<Credential>;
  method?: string;
  /** The header `Idempotency-Key`. */
  key?: string;
  /** Seconds that pass before the request. */
  after?: number;
  expect: {
    status?: number;
    messages?: readonly string[];
    codes?: readonly string[];
    rows?: readonly (number | null)[];
    fields?: readonly (string | null)[];
    /** What each result holds, among other things. */
    results?: readonly Readonly<Record<string, unknown>>[];
    pagination?: unknown;
    headers?: Readonly<Record<string, string>>;
    /** Of the first error. */
    call?: Readonly<Record<string, unknown>>;
  };
}

/** Some requests one after another. Instants of calls are ISO 8601, ids count from 1 in the order given. */
interface Fixture {
  title: string;
  calls?: readonly Readonly<Record<string, unknown>>[];
  contexts?: readonly string[];
  steps: readonly Step[];
  /** What the stored calls hold afterwards, among other things; of a bad request: as before. */
  stored?: readonly Readonly<Record<string, unknown>>[];
}

const FIXTURES = new URL('../fixtures/', import.meta.url);
const NAMES = new RegExp(`^(${ACTIONS.filter((action) => action !== 'read').join('|')})-`);

function load(kind: 'good' | 'bad'): [string, Fixture][] {
  const folder = new URL(`${kind}/`, FIXTURES);
  const names = readdirSync(folder).filter((name) => NAMES.test(name));
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

async function open({ calls = [], contexts = [] }: Fixture) {
  const clock = { now: NOW };
  const api = await openTestApi({ now: () => clock.now, contexts });
  onTestFinished(() => api.close());
  if (calls.length > 0) await api.add(calls.map(callOf));
  return { api, clock };
}

async function take(api: TestApi, { request, form, credential, method, key }: Step) {
  const parameters = form === undefined ? jsonParameters(request) : formParameters(form);
  const asked = { credential: { ...writer, ...credential }, method, idempotencyKey: key };
  const { status, text, headers } = await api.ask(parameters, asked);
  return { status, headers, answer: JSON.parse(text) };
}

it('finds something to try for every action', () => {
  for (const kind of ['good', 'bad'] as const) {
    const tried = new Set(load(kind).map(([name]) => NAMES.exec(name)?.[1]));
    expect([...tried].sort()).toEqual(ACTIONS.filter((action) => action !== 'read').sort());
  }
});

describe('done', () => {
  it.each(load('good'))('%s', async (_name, fixture) => {
    const { api, clock } = await open(fixture);
    for (const step of fixture.steps) {
      clock.now += step.after ?? 0;
      const { status, headers, answer } = await take(api, step);
      const { results, pagination = [], headers: expected = {}, ...expectation } = step.expect;
      const seen = { status, messages: answer.messages };
      expect(seen).toEqual({ status: expectation.status ?? 200, messages: expectation.messages ?? [] });
      if (results !== undefined) {
        expect(answer.results).toHaveLength(results.length);
        expect(answer.results).toMatchObject(results);
      }
      if (status === 200) expect(answer.pagination).toEqual(pagination);
      expect(headers).toEqual(expected);
      if (expectation.call !== undefined) expect(answer.errors[0].call).toMatchObject(expectation.call);
    }
    if (fixture.stored !== undefined) {
      const stored = await api.calls();
      expect(stored).toHaveLength(fixture.stored.length);
      expect(stored).toMatchObject(fixture.stored.map(callOf));
    }
  });
});

describe('refused', () => {
  it.each(load('bad'))('%s', async (_name, fixture) => {
    const { api } = await open(fixture);
    const before = structuredClone(await api.calls());
    for (const step of fixture.steps) {
      const { status, answer } = await take(api, step);
      const { status: expected = 400, messages, codes, rows, fields } = step.expect;
      expect({ status, messages: answer.messages }).toEqual({ status: expected, messages });
      expect(answer).toMatchObject({ has_error: true, pagination: [], results: [] });
      const list = (member: string) => answer.errors.map((problem: Record<string, unknown>) => problem[member]);
      expect(list('message')).toEqual(messages);
      if (codes !== undefined) expect(list('code')).toEqual(codes);
      if (rows !== undefined) expect(list('row')).toEqual(rows);
      if (fields !== undefined) expect(list('field')).toEqual(fields);
      expect(await api.calls()).toEqual(before);
    }
  });
});
