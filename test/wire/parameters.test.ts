import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildQuery, NumberText } from '../../client/src/php-query.ts';
import { decodeParameters, type ParameterLimits, type ParameterMap } from '../../src/wire/parameters.ts';
import { Refusal } from '../../src/wire/refusal.ts';
import { literal, type Php, startPhp } from '../support/php.ts';

interface Case {
  rule: string;
  request: { method: 'GET' | 'POST'; contentType?: string; query?: string; body?: string; bodyHex?: string };
  limits?: ParameterLimits;
}

interface GoodCase extends Case {
  /** `query`: what http_build_query makes of the parameters without api_hash; `numbers`: as they were written. */
  expected: { query: string; numbers?: Record<string, string> };
  /** False where PHP is stricter. */
  php?: false;
}

interface BadCase extends Case {
  expected: { status: number; messages: string[] };
}

const LIMITS = { depth: 8, count: 100_000 };
const FIXTURES = new URL('../fixtures/', import.meta.url);

function casesIn<T extends Case>(folder: string): { name: string; example: T }[] {
  return readdirSync(new URL(folder, FIXTURES))
    .filter((file) => file.startsWith('parameters-'))
    .map((file) => {
      const example: T = JSON.parse(readFileSync(new URL(`${folder}/${file}`, FIXTURES), 'utf8'));
      return { name: `${example.rule} (${file})`, example };
    });
}

function bodyOf({ body = '', bodyHex }: Case['request']): Buffer {
  return bodyHex === undefined ? Buffer.from(body) : Buffer.from(bodyHex, 'hex');
}

function decode({ request, limits = LIMITS }: Case): ParameterMap {
  const { method, contentType, query = '' } = request;
  return decodeParameters({ method, contentType, query, body: bodyOf(request), limits });
}

describe('parameters that are read', () => {
  let php: Php;
  beforeAll(async () => {
    php = await startPhp();
  });
  afterAll(() => php.stop());

  test.each(casesIn<GoodCase>('good'))('$name', async ({ example }) => {
    const parameters = decode(example);
    expect(buildQuery(parameters, 'api_hash')).toBe(example.expected.query);
    for (const [name, digits] of Object.entries(example.expected.numbers ?? {})) {
      expect(parameters.get(name)).toEqual(new NumberText(digits));
    }
    if (example.php !== false) expect(await queryOfPhp(php, example.request)).toBe(example.expected.query);
  });
});

/** What real PHP makes of it. Its own reading of a body knows two types; those it does not know stand for a form. */
async function queryOfPhp(php: Php, request: Case['request']): Promise<string> {
  const body = bodyOf(request);
  const type = request.contentType ?? '';
  if (request.method === 'GET' || body.length === 0)
    return php.query(`parse_str(${literal(request.query ?? '')}, $p);`);
  if (/json/i.test(type)) return php.query(`$p = json_decode(${literal(body)}, true);`);
  return php.query('$p = $_POST;', /multipart/i.test(type) ? type : 'application/x-www-form-urlencoded', body);
}

describe('parameters that are refused', () => {
  test.each(casesIn<BadCase>('bad'))('$name', ({ example }) => {
    const refusal = refusalOf(() => decode(example));
    const messages = refusal.problems.map((problem) => problem.message);
    expect({ status: refusal.status, messages }).toEqual(example.expected);
  });
});

function refusalOf(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('Nothing was refused');
}

test('a null of JSON is kept, so that it can be told from a missing parameter', () => {
  const parameters = decode({
    rule: '',
    request: { method: 'POST', contentType: 'application/json', body: '{"a":null,"b":[null],"c":{}}' },
  });
  expect(parameters).toEqual(
    new Map<string, unknown>([
      ['a', null],
      ['b', [null]],
      ['c', new Map()],
    ]),
  );
});

test('bytes that are not UTF-8 make a text that is not well formed', () => {
  const parameters = decode({ rule: '', request: { method: 'POST', bodyHex: '613dff2662253d31' } });
  expect(parameters).toEqual(
    new Map([
      ['a', '\udcff'],
      ['b%', '1'],
    ]),
  );
  expect(String(parameters.get('a')).isWellFormed()).toBe(false);
});

test('names of the prototype reach no object', () => {
  for (const [contentType, body] of [
    ['text/plain', '__proto__[a]=1&constructor[prototype][a]=1&b[__proto__][a]=1'],
    ['application/json', '{"__proto__":{"a":1},"b":{"constructor":{"prototype":{"a":1}}}}'],
  ] as const) {
    decode({ rule: '', request: { method: 'POST', contentType, body } });
    expect(({} as { a?: unknown }).a).toBeUndefined();
  }
});
