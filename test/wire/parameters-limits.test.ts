import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { apiHash } from '../../client/src/api-hash.ts';
import { decodeParameters, type ParameterMap } from '../../src/wire/parameters.ts';
import { Refusal } from '../../src/wire/refusal.ts';

const LIMITS = { depth: 8, count: 100_000 };
const SIZE = 16 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const MULTIPART_TYPE = 'multipart/form-data; boundary=XX';

function decode(contentType: string, body: string | Buffer): ParameterMap {
  return decodeParameters({ method: 'POST', contentType, query: '', body: Buffer.from(body), limits: LIMITS });
}

/** `ok`, or the code of the first problem; anything but a refusal fails the test. */
function outcome(contentType: string, body: string | Buffer): string {
  try {
    const parameters = decode(contentType, body);
    expect(apiHash(parameters, 'key', (text) => hash('md5', text))).toMatch(/^[0-9a-f]{32}$/);
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal && error.status < 500) return error.problems[0]?.code ?? '';
    throw error;
  }
}

function filled(piece: string, before = '', after = ''): Buffer {
  const room = SIZE - before.length - after.length;
  const middle = Buffer.alloc(room - (room % Buffer.byteLength(piece)), piece);
  return Buffer.concat([Buffer.from(before), middle, Buffer.from(after)]);
}

// The limit is generous because machines differ; what it catches is work that grows with the square.
describe('16 MiB of anything is answered soon', { timeout: 5000 }, () => {
  test.each([
    ['opening brackets', JSON_TYPE, filled('['), 'invalid_json'],
    ['objects in objects', JSON_TYPE, filled('{"a":'), 'parameters_too_deep'],
    ['blanks', JSON_TYPE, filled(' '), 'invalid_json'],
    ['line feeds', JSON_TYPE, filled('\n', '{', 'x'), 'invalid_json'],
    ['NULs', JSON_TYPE, filled('\0'), 'invalid_json'],
    ['a string that does not end', JSON_TYPE, filled('x', '{"a":"'), 'invalid_json'],
    ['backslashes', JSON_TYPE, filled('\\', '{"a":"'), 'invalid_json'],
    ['escapes, the last one wrong', JSON_TYPE, filled('\\n', '{"a":"', '\\q"}'), 'invalid_json'],
    ['letters, then half a pair', JSON_TYPE, filled('ä', '{"a":"', '\\ud800"}'), 'invalid_json'],
    ['digits', JSON_TYPE, filled('1', '{"a":', '}'), 'ok'],
    ['digits behind a point', JSON_TYPE, filled('1', '{"a":1.', '}'), 'ok'],
    ['empty lists', JSON_TYPE, filled('[],', '{"a":['), 'too_many_parameters'],
    ['one name again and again', JSON_TYPE, filled('"a":1,', '{'), 'too_many_parameters'],
    ['blanks in a form', FORM_TYPE, filled(' '), 'ok'],
    ['NULs in a form', FORM_TYPE, filled('\0'), 'ok'],
    ['ampersands', FORM_TYPE, filled('&'), 'ok'],
    ['names without a value', FORM_TYPE, filled('a&'), 'too_many_parameters'],
    ['broken percent signs', FORM_TYPE, filled('%', 'a='), 'ok'],
    ['bytes that are not UTF-8', FORM_TYPE, filled('\udcff', 'a='), 'ok'],
    ['encoded bytes that are not UTF-8', FORM_TYPE, filled('%ff', 'a='), 'ok'],
    ['marks that PHP encodes', FORM_TYPE, filled('~', 'a='), 'ok'],
    ['dots in a name', FORM_TYPE, filled('.', 'a'), 'ok'],
    ['brackets that nothing closes', FORM_TYPE, filled('[', 'a'), 'ok'],
    ['closed brackets', FORM_TYPE, filled('[]', 'a'), 'parameters_too_deep'],
    ['lists', FORM_TYPE, filled('a[]=&'), 'too_many_parameters'],
    ['no boundary', MULTIPART_TYPE, filled('x'), 'invalid_multipart'],
    ['boundaries', MULTIPART_TYPE, filled('--XX\r\n'), 'invalid_multipart'],
    ['almost boundaries', MULTIPART_TYPE, filled('\n--XX\r', '--XX\r\n'), 'invalid_multipart'],
    [
      'fields',
      MULTIPART_TYPE,
      filled('--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n'),
      'too_many_parameters',
    ],
    [
      'quotes in headers',
      MULTIPART_TYPE,
      filled(`--XX\r\nContent-Disposition: x${';a="'.repeat(1900)}\r\n\r\n\r\n`),
      'invalid_multipart',
    ],
    [
      'blanks in headers',
      MULTIPART_TYPE,
      filled(`--XX\r\nContent-Disposition: x; a${' '.repeat(8000)}\r\n\r\n\r\n`),
      'invalid_multipart',
    ],
  ])('%s as %s', (_, contentType, body, expected) => {
    expect(outcome(contentType, body)).toBe(expected);
  });
});

describe('what is beyond the limits is refused before it costs anything', { timeout: 1000 }, () => {
  test.each([
    ['depth 10,000 in JSON', JSON_TYPE, '{"a":'.repeat(10_000), 'parameters_too_deep'],
    ['lists of depth 10,000', JSON_TYPE, `{"a":${'['.repeat(10_000)}`, 'parameters_too_deep'],
    ['depth 10,000 in a form', FORM_TYPE, `a${'[a]'.repeat(10_000)}=1`, 'parameters_too_deep'],
    [
      '200,000 parameters in a form',
      FORM_TYPE,
      Array.from({ length: 200_000 }, (_, i) => `${i}=`).join('&'),
      'too_many_parameters',
    ],
    ['200,000 parameters in JSON', JSON_TYPE, JSON.stringify({ a: Array(200_000).fill(0) }), 'too_many_parameters'],
    ['100,001 values of a list', FORM_TYPE, 'a[]=&'.repeat(100_001), 'too_many_parameters'],
    [
      'long names before many values',
      JSON_TYPE,
      `{"${'n'.repeat(100_000)}":[${'1,'.repeat(90_000)}1]}`,
      'names_too_long',
    ],
  ])('%s', (_, contentType, body, expected) => {
    expect(outcome(contentType, body)).toBe(expected);
  });

  test('100,000 parameters are accepted, in every notation', () => {
    expect(decode(FORM_TYPE, 'a[]=&'.repeat(100_000)).get('a')).toHaveProperty('size', 100_000);
    expect(decode(JSON_TYPE, JSON.stringify({ a: Array(100_000).fill(0) })).get('a')).toHaveLength(100_000);
    const part = '--XX\r\nContent-Disposition: form-data; name="a[]"\r\n\r\n\r\n';
    expect(decode(MULTIPART_TYPE, `${part.repeat(100_000)}--XX--`).get('a')).toHaveProperty('size', 100_000);
  });
});

// Names that are numbers are where a hash table without a secret seed can be made to collide.
describe('99,999 names that look like numbers and may collide take no longer than others', { timeout: 1000 }, () => {
  test.each([
    ['steps of 2^7', 2 ** 7],
    ['steps of 2^17', 2 ** 17],
    ['steps of 2^24', 2 ** 24],
    ['steps of 2^32', 2 ** 32],
  ])('%s', (_, step) => {
    const names = Array.from({ length: 99_999 }, (_, index) => String(index * step));
    const form = decode(FORM_TYPE, names.map((name) => `a[${name}]=`).join('&'));
    const json = decode(JSON_TYPE, `{"a":{${names.map((name) => `"${name}":1`).join()}}}`);
    expect([...(form.get('a') as ParameterMap).keys()]).toEqual(names);
    expect([...(json.get('a') as ParameterMap).keys()]).toEqual(names);
  });
});
