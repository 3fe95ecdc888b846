import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filterDefinitions } from '../../src/wire/filters.ts';
import { jsonParameters, openTestApi, type TestApi } from '../support/api.ts';
import { fastest } from '../support/fastest.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  await api.add([{ callerIdName: 'Ann Example', externalId: 'a' }, { projectId: 2 }, { status: 'completed' }]);
});
afterAll(() => api.close());

async function ask(request: unknown) {
  const { status, text } = await api.ask(jsonParameters(request));
  return { status, answer: JSON.parse(text) };
}

const FILTER_NAMES = [...filterDefinitions.keys()];

/** Texts that mean something to somebody: to SQL, to JavaScript, to a parser. */
const LOADED = [
  "' OR 1=1--",
  '1; DROP TABLE calls',
  '(select 1)',
  '%',
  '_',
  '*',
  '"',
  '\\',
  '\u0000',
  '__proto__',
  'constructor',
  'NaN',
  'Infinity',
  '-1',
  '1e308',
  '2026-02-30 00:00:00',
  '\u202e',
  '0'.repeat(400),
];

describe('whatever is asked', () => {
  const leaf = fc.oneof(
    fc.constantFrom(...LOADED),
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('pending', '2026-11-10 00:00:00', '0722 123 456', 'auto', 'schedule', 'true', '1', 1),
  );
  const value = fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 2, arbitrary: fc.array(leaf, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.string({ maxLength: 5 }), leaf, { maxKeys: 3 }) },
    { weight: 1, arbitrary: fc.array(fc.array(leaf, { maxLength: 2 }), { maxLength: 2 }) },
  );
  const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FILTER_NAMES) }, fc.constantFrom(...LOADED));
  const entries = fc.array(fc.tuple(name, value), { maxLength: 4 });
  const others = fc.array(
    fc.tuple(
      fc.constantFrom('page', 'page_size', 'sort', 'with', 'time_format', 'cursor', 'data', '__proto__'),
      fc.oneof(value, fc.constantFrom('id', '-schedule', 'dial_order', 'waiting_for', 'rfc3339', '', 1, 2)),
    ),
    { maxLength: 3 },
  );

  it('is answered or refused with a sentence each, never with a failure of ours, and changes nothing', async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(entries, others, async (filters, parameters) => {
        // As text, so that a member named __proto__ is one.
        const members = (pairs: [string, unknown][]) =>
          pairs.map(([key, element]) => `${JSON.stringify(key)}:${JSON.stringify(element)}`).join();
        const body = `{"action":"read","filters":{${members(filters)}}${parameters.length > 0 ? ',' : ''}${members(parameters)}}`;
        const { status, answer } = await ask(body);
        seen.set(status, (seen.get(status) ?? 0) + 1);
        expect([200, 400]).toContain(status);
        if (status === 400) expect(answer.messages.length).toBeGreaterThan(0);
        for (const message of answer.messages) expect(message).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
      { numRuns: 3000 },
    );
    // Both really happen.
    expect(seen.get(200)).toBeGreaterThan(100);
    expect(seen.get(400)).toBeGreaterThan(100);
    expect((await ask({ action: 'read' })).answer.pagination.row_count).toBe(3);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('a mebibyte of anything in any filter costs no time', async () => {
    for (const filter of FILTER_NAMES) {
      for (const character of ['(', ' ', '0', '+', 'a', '-']) {
        const text = character.repeat(2 ** 20);
        const parameters = jsonParameters({ action: 'read', filters: { [filter]: text } });
        const duration = await fastest(async () => {
          const { status } = await api.ask(parameters);
          expect([200, 400]).toContain(status);
        });
        expect([filter, character, duration < 50]).toEqual([filter, character, true]);
      }
    }
  });

  it('a hundred thousand unknown names are refused in no time', async () => {
    const names = Array.from({ length: 90_000 }, (_, index) => [String(index * 4096), 1]);
    const parameters = jsonParameters({ action: 'read', filters: Object.fromEntries(names) });
    const duration = await fastest(async () => {
      const { status, text } = await api.ask(parameters);
      expect([status, JSON.parse(text).messages.length]).toEqual([400, 90_000]);
    });
    expect(duration).toBeLessThan(1000);
  });
});
