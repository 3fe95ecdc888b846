import { apiHash } from './api-hash.ts';

/** A value as JSON has it. */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * The JSON of a request. With a key `api_hash` is added, made over exactly what is sent: members that are undefined
 * are left out first, in both.
 *
 * @param parameters without `api_hash`
 * @throws TypeError naming the parameter, for what JSON cannot carry (NaN would silently become null, and so a filter
 *   that is not applied)
 */
export function requestBody(parameters: object, key: string | undefined): string {
  const sent = toJson(parameters, '') as { [name: string]: Json };
  if (key !== undefined) sent.api_hash = apiHash(sent, key);
  return JSON.stringify(sent);
}

function toJson(value: unknown, name: string): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, index) => toJson(item ?? null, joined(name, String(index))));
  if (isPlainObject(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([member, item]) => [member, toJson(item, joined(name, member))]));
  }
  throw new TypeError(
    `${name || 'parameters'}: ${kindOf(value)} cannot be sent (expected text, finite number, boolean, null, list or map)`,
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a frame, a sandbox) has another Object.prototype, whose own prototype is null as well.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : `a ${typeof value}`;
}

function joined(name: string, member: string): string {
  return name === '' ? member : `${name}.${member}`;
}
