import { apiHash } from '../../client/src/api-hash.ts';
import { decodeParameters, type ParameterMap } from '../../src/wire/parameters.ts';
import { Refusal } from '../../src/wire/refusal.ts';
import type { Php } from './php.ts';
import { phpSerialize } from './php-serialize.ts';

const LIMITS = { depth: 60, count: 900 };

/** What is compared with PHP; each answers undefined when both agree, else what each of them made of the input. */
export interface Disagreement {
  ours: string;
  php: string;
}

/** The tree that a form body becomes: names, nesting, order, kinds of key, bytes. */
export async function compareForm(php: Php, form: string): Promise<Disagreement | undefined> {
  const expected = await php.parse(form);
  return difference(phpSerialize(decode('application/x-www-form-urlencoded', form)), expected);
}

/** The hash over a JSON body; a body that PHP refuses must be refused. */
export async function compareJson(php: Php, json: string, key: string): Promise<Disagreement | undefined> {
  const expected = json.trimStart().startsWith('{') ? ((await php.hash(json, key)) ?? 'refused') : 'refused';
  return difference(hashOrRefusal(json, key), expected);
}

/** The tree that a multipart body becomes. */
export async function compareMultipart(
  php: Php,
  fields: readonly [string, string][],
): Promise<Disagreement | undefined> {
  const contentType = 'multipart/form-data; boundary=XX';
  const parts = fields.map(([name, value]) => {
    const quoted = name.replace(/["\\]/g, '\\$&');
    return `--XX\r\nContent-Disposition: form-data; name="${quoted}"\r\n\r\n${value}\r\n`;
  });
  const body = `${parts.join('')}--XX--\r\n`;
  return difference(phpSerialize(decode(contentType, body)), await php.post(contentType, Buffer.from(body)));
}

function hashOrRefusal(json: string, key: string): string {
  try {
    return apiHash(decode('application/json', json), key);
  } catch (error) {
    if (error instanceof Refusal && error.status === 400) return 'refused';
    throw error;
  }
}

function decode(contentType: string, body: string): ParameterMap {
  const bytes = Buffer.from(body);
  // Not every form may be sent as a body: an empty one is not looked at, one that begins like JSON is refused.
  const isQuery = contentType.endsWith('urlencoded') && /^\s*([[{]|$)/.test(body);
  return isQuery
    ? decodeParameters({
        method: 'GET',
        contentType,
        query: bytes.toString('latin1'),
        body: Buffer.of(),
        limits: LIMITS,
      })
    : decodeParameters({ method: 'POST', contentType, query: '', body: bytes, limits: LIMITS });
}

function difference(ours: string, php: string): Disagreement | undefined {
  return ours === php ? undefined : { ours, php };
}
