import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiHash } from '../../client/src/api-hash.ts';
import { md5 } from '../../client/src/md5.ts';
import { buildQuery, NumberText, type PhpValue } from '../../client/src/php-query.ts';
import { type Php, startPhp } from '../support/php.ts';

interface Vector {
  name: string;
  api_key: string;
  params: Record<string, PhpValue>;
  http_build_query: string;
  api_hash: string;
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../fixtures/hash-vectors.json', import.meta.url), 'utf8'));

describe('the published hashes come out', () => {
  test.each(vectors)('$name', ({ params, api_key, http_build_query, api_hash }) => {
    expect(buildQuery(params)).toBe(http_build_query);
    expect(apiHash(params, api_key)).toBe(api_hash);
    expect(apiHash({ ...params, api_hash }, api_key)).toBe(api_hash);
  });

  test('five of them', () => expect(vectors).toHaveLength(5));

  test('the request as While1’s page prints it, with dates of 2024 and without the older credentials', () => {
    const published = vectors.find((vector) => vector.name === 'callqueue_read_published');
    const { api_username: _, api_password: __, filters, ...params } = published?.params ?? {};
    const dates = ['2024-01-01 00:00:00', '2024-01-15 23:59:59'];
    const printed = { ...params, filters: { ...(filters as Record<string, PhpValue>), date_between: dates } };
    expect(apiHash(printed, 'your_api_key')).toBe('03f0ddb81fdcd0a5a3aec64b36766290');
  });
});

test('a map, a list and an object are all PHP arrays', () => {
  const list = ['x', 'y'];
  const map = new Map([
    ['0', 'x'],
    ['1', 'y'],
  ]);
  const expected = 'a%5B0%5D=x&a%5B1%5D=y';
  expect(buildQuery({ a: list })).toBe(expected);
  expect(buildQuery({ a: map })).toBe(expected);
  expect(buildQuery(new Map([['a', { 0: 'x', 1: 'y' }]]))).toBe(expected);
});

test('half a surrogate pair that stands for no byte is written as U+FFFD', () => {
  expect(buildQuery({ a: 'x\ud83dy', b: '\udc10', c: '\udcff' })).toBe('a=x%EF%BF%BDy&b=%EF%BF%BD&c=%FF');
});

describe('with PHP as the judge', () => {
  let php: Php;
  beforeAll(async () => {
    php = await startPhp();
  });
  afterAll(() => php.stop());

  test('a JavaScript value is hashed as PHP hashes the JSON it is sent as', async () => {
    const value = fc.letrec<{ value: PhpValue; object: Record<string, PhpValue> }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.constantFrom(null, undefined, true, false, Number.NaN, -0), fc.double(), fc.integer(), fc.string()),
        fc.array(tie('value'), { maxLength: 4 }),
        tie('object'),
      ),
      object: fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 5 }),
    })).object;
    const property = fc.asyncProperty(value, async (parameters) => {
      expect(apiHash(parameters, 'key')).toBe(await php.hash(JSON.stringify(parameters), 'key'));
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('texts longer than a piece, with pairs across its end, are encoded as PHP encodes them', async () => {
    for (const text of ['ä'.repeat(20_000), `${'x'.repeat(8191)}😀 ~`, ' ~*'.repeat(5000), '😀'.repeat(9000)]) {
      expect(apiHash({ a: text }, 'key')).toBe(await php.hash(JSON.stringify({ a: text }), 'key'));
    }
  });

  test('doubles of any size print as PHP prints them', async () => {
    const numbers = fc.sample(
      fc.tuple(fc.double({ noNaN: true, min: 1, max: 10 }), fc.integer({ min: -320, max: 308 })),
      2000,
    );
    const texts = numbers.map(([mantissa, exponent]) => `${mantissa}e${exponent}`).filter((text) => !/e.*e/.test(text));
    const parameters = { a: texts.map((text) => new NumberText(text)) };
    expect(apiHash(parameters, 'key')).toBe(await php.hash(`{"a":[${texts.join()}]}`, 'key'));
  });
});

test('md5 is that of node:crypto for texts of every length up to some blocks', () => {
  for (let length = 0; length < 300; length++) {
    const text = `${'ä€😀'.repeat(length % 5)}${'x'.repeat(length)}`;
    expect(md5(text)).toBe(createHash('md5').update(text).digest('hex'));
  }
});
