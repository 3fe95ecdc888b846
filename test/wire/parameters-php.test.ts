import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHash } from '../../client/src/api-hash.ts';
import { buildQuery } from '../../client/src/php-query.ts';
import { decodeParameters, type ParameterMap } from '../../src/wire/parameters.ts';
import { literal, type Php, startPhp } from '../support/php.ts';
import { compareForm, compareJson, compareMultipart } from '../support/php-agreement.ts';
import { brokenJson, randomFields, randomForm, randomJson } from '../support/random-parameters.ts';

/** 20,000 and more: node scripts/php-agreement.ts */
const RUNS = 300;

let php: Php;
beforeAll(async () => {
  php = await startPhp();
});
afterAll(() => php.stop());

test('PHP reads random forms, valid and mangled, as we do', async () => {
  await agree(randomForm, (form) => compareForm(php, form));
});

test('PHP reads random multipart bodies as we do', async () => {
  await agree(randomFields, (fields) => compareMultipart(php, fields));
});

test('PHP hashes random JSON as we do', async () => {
  await agree(randomJson, (json) => compareJson(php, json, 'a key with ä'));
});

test('PHP refuses the same broken JSON as we do', async () => {
  await agree(brokenJson, (json) => compareJson(php, json, 'key'));
});

async function agree<Input>(inputs: fc.Arbitrary<Input>, compare: (input: Input) => Promise<unknown>): Promise<void> {
  const property = fc.asyncProperty(inputs, async (input) => {
    expect(await compare(input)).toBeUndefined();
  });
  await fc.assert(property, { numRuns: RUNS });
}

const LIMITS = { depth: 8, count: 100_000 };
const KEY = 'your_api_key';

/** The request of While1's PHP sample: filters that are not used are null. */
const SAMPLE = `$p = ['action' => 'read', 'page' => 1, 'filters' => [
  'date_between' => ['2026-05-01 00:00:00', '2026-05-14 23:59:59'], 'schedule_lt' => null, 'schedule_null' => true,
  'caller_id' => null, 'dnid' => null, 'project_id' => [1, 2], 'outbound_type' => null, 'attend_type' => null,
  'external_id' => null, 'assign_type' => null, 'campaign' => 'Frühling & more', 'status' => 'pending']];
  $p['api_hash'] = md5(http_build_query($p) . '${KEY}');`;

/** A multipart body as PHP's cURL makes it of the pairs of a form. */
const AS_MULTIPART = `foreach (explode('&', http_build_query($p)) as $pair) { [$name, $value] = explode('=', $pair);
  echo "--XX\\r\\nContent-Disposition: form-data; name=\\"", urldecode($name), "\\"\\r\\n\\r\\n", urldecode($value), "\\r\\n"; }
  echo "--XX--\\r\\n";`;

test.each([
  ['form', 'application/x-www-form-urlencoded', 'echo http_build_query($p);'],
  ['form sent as text/xml', 'text/xml', 'echo http_build_query($p);'],
  ['GET', undefined, 'echo http_build_query($p);'],
  ['multipart', 'multipart/form-data; boundary=XX', AS_MULTIPART],
  ['JSON', 'application/json; charset=utf-8', 'echo json_encode($p);'],
  ['JSON without escapes', 'application/json', 'echo json_encode($p, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT);'],
])('the request of While1’s PHP sample, made by PHP, is read and hashed: %s', async (_, contentType, write) => {
  const sent = await php.run(SAMPLE + write);
  const isGet = contentType === undefined;
  const parameters = decodeParameters({
    method: isGet ? 'GET' : 'POST',
    contentType,
    query: isGet ? sent : '',
    body: Buffer.from(isGet ? '' : sent),
    limits: LIMITS,
  });
  expect(apiHash(parameters, KEY)).toBe(parameters.get('api_hash'));
  expect(buildQuery(parameters)).toBe(await php.run(`${SAMPLE} echo http_build_query($p);`));
  const filters = parameters.get('filters') as ParameterMap;
  expect(filters.get('campaign')).toBe('Frühling & more');
});

test('one changed character makes another hash', async () => {
  const form = await php.run(`${SAMPLE} unset($p['api_hash']); echo http_build_query($p);`);
  const hashOf = (query: string) =>
    apiHash(decodeParameters({ method: 'GET', contentType: undefined, query, body: Buffer.of(), limits: LIMITS }), KEY);
  const right = hashOf(form);
  expect(await php.run(`parse_str(${literal(form)}, $p); echo md5(http_build_query($p) . '${KEY}');`)).toBe(right);
  const letters = [...form].flatMap((letter, index) => (/[a-z0-9]/.test(letter) ? [index] : []));
  for (const index of letters) {
    // Another digit, in names, values and percent-encoded bytes alike.
    const changed = `${form.slice(0, index)}${form[index] === '7' ? '8' : '7'}${form.slice(index + 1)}`;
    expect(hashOf(changed), changed).not.toBe(right);
  }
});
