import { isWord, type TimeFormat } from '../../client/src/contract.ts';
import { NumberText } from '../../client/src/php-query.ts';
import { cleanNumber } from '../core/phone-number.ts';
import type { TimeZone } from '../core/time-zone.ts';
import type { JsonSchema } from './json-schema.ts';
import { expected } from './messages.ts';
import type { Parameter } from './parameter.ts';

/** What the meaning of a value depends on. */
export interface FieldContext {
  timeZone: TimeZone;
  /** `local`: `Y-m-d H:i:s` only. `rfc3339`: that or RFC 3339 with its offset. */
  timeFormat: TimeFormat;
}

/** A value that cannot be used: how messages show it, and what would have been right. */
export interface Mistake {
  shown: string;
  expected: string;
}

export type Parsed<T> = { value: T; mistakes?: undefined } | { mistakes: readonly Mistake[] };

/** A kind of value: how it is read, and how the API's description shows it. Both come from here, so they agree. */
export interface FieldType<T> {
  parse(value: Parameter, context: FieldContext): Parsed<T>;
  schema: JsonSchema;
}

/** Longer texts than this are in no field; long before any pattern is tried. */
const LONGEST_NUMBER = 40;

/**
 * Digits only, blanks around them ignored (api.md 8.4): JSON `1.0` is 1, while `+1`, `1e2` and the text `1.0` are
 * mistakes. Safe integers only, unless the limits are narrower.
 */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): FieldType<number> {
  const says = max === Number.MAX_SAFE_INTEGER ? expected.wholeNumberFrom(min) : expected.wholeNumber(min, max);
  return {
    parse(value) {
      const text = value instanceof NumberText ? value.text : typeof value === 'string' ? value.trim() : '';
      const pattern = value instanceof NumberText ? /^-?\d+(?:\.0+)?$/ : /^-?\d+$/;
      if (text.length > LONGEST_NUMBER || !pattern.test(text)) return mistake(value, says);
      const number = Number(text);
      // Beyond the safe integers two different texts are one number.
      return Number.isSafeInteger(number) && number >= min && number <= max
        ? { value: number + 0 || 0 }
        : mistake(value, says);
    },
    schema: { type: 'integer', minimum: min, maximum: max },
  };
}

/** A word of a tuple, exactly, letter case too; `aliases` are accepted other spellings. */
export function word<W extends string>(words: readonly W[], aliases: Readonly<Record<string, W>> = {}): FieldType<W> {
  const spellings = new Map(Object.entries(aliases));
  return {
    parse(value) {
      const text = typeof value === 'string' ? value.trim() : '';
      const meant = spellings.get(text) ?? text;
      return isWord(words, meant) ? { value: meant } : mistake(value, expected.word(words));
    },
    schema: { type: 'string', enum: [...words, ...spellings.keys()] },
  };
}

/** true, false, 1, 0, and the texts of them that a form can send. */
export const boolean: FieldType<boolean> = {
  parse(value) {
    if (typeof value === 'boolean') return { value };
    const text = textOf(value)?.trim();
    if (text === 'true' || text === '1') return { value: true };
    if (text === 'false' || text === '0') return { value: false };
    return mistake(value, expected.boolean());
  },
  schema: { anyOf: [{ type: 'boolean' }, { enum: [0, 1, '0', '1', 'true', 'false'] }] },
};

/**
 * A text of one line. A JSON number is accepted as its digits (api.md 8.4); bytes that were not UTF-8 and control
 * characters are in no field, and would be trouble in logs and on terminals.
 */
export function text(maxLength: number, minLength = 1): FieldType<string> {
  return {
    parse(value) {
      const found = textOf(value)?.trim();
      if (found === undefined) return mistake(value, expected.text(minLength, maxLength));
      if (!found.isWellFormed()) return mistake(value, expected.utf8());
      if (CONTROL.test(found)) return mistake(value, expected.noControlCharacters());
      // Length in characters as people count them; twice as many code units are certainly too many.
      const length = found.length > 2 * maxLength ? found.length : [...found].length;
      if (length < minLength || length > maxLength) return mistake(value, expected.text(minLength, maxLength));
      return { value: found };
    },
    schema: { type: 'string', minLength, maxLength },
  };
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** A number to be compared with others, in any notation; what cannot be one is compared as text. Cleaned here. */
export const phoneNumber: FieldType<string> = {
  parse(value) {
    const found = textOf(value);
    if (found === undefined) return mistake(value, expected.phoneNumber());
    if (!found.slice(0, 1000).isWellFormed()) return mistake(value, expected.utf8());
    // Blanks first: cleaning looks at the first 64 characters only.
    const clean = cleanNumber(found.trim());
    return clean === '' || CONTROL.test(clean) ? mistake(value, expected.phoneNumber()) : { value: clean };
  },
  schema: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
};

/** @param pick which instant is meant by a local time that a clock change repeats */
export function dateTime(pick: 'first' | 'last'): FieldType<number> {
  return {
    parse(value, { timeZone, timeFormat }) {
      const found = typeof value === 'string' ? value.trim() : '';
      const instant =
        timeZone.parseLocal(found, pick) ?? (timeFormat === 'rfc3339' ? timeZone.parseRfc3339(found) : undefined);
      return instant === undefined ? mistake(value, expected.dateTime(timeFormat)) : { value: instant };
    },
    schema: {
      type: 'string',
      description:
        'Y-m-d H:i:s in the time zone of the installation; with time_format rfc3339 also RFC 3339 with offset.',
      examples: ['2026-11-24 09:00:00'],
    },
  };
}

/** Whether a value says nothing: null, nothing but blanks, or a list of nothing else. */
export function isBlank(value: Parameter): boolean {
  if (value === null) return true;
  if (typeof value === 'string') return value.trim() === '';
  return Array.isArray(value) || value instanceof Map ? elementsOf(value).every(isBlank) : false;
}

/**
 * Whether a value is as good as not sent: null, or a list or map of nothing else. PHP's `http_build_query`, and so the
 * hash, does not know such values; if a write gave them a meaning, it could be changed on the way (safety rule 15).
 */
export function isUnsaid(value: Parameter | undefined): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object' || value instanceof NumberText) return false;
  for (const element of value instanceof Map ? value.values() : value) if (!isUnsaid(element)) return false;
  return true;
}

/** What a value holds: a list its elements, a map its values (api.md 8.3), anything else itself. */
export function elementsOf(value: Parameter): readonly Parameter[] {
  if (Array.isArray(value)) return value;
  return value instanceof Map ? [...value.values()] : [value];
}

/** A value as messages show it. */
export function show(value: Parameter): string {
  if (value instanceof NumberText) return value.text;
  if (Array.isArray(value)) return 'a list';
  return value instanceof Map ? 'a map' : String(value);
}

export function mistake(value: Parameter, says: string): { mistakes: [Mistake] } {
  return { mistakes: [{ shown: show(value), expected: says }] };
}

function textOf(value: Parameter): string | undefined {
  return value instanceof NumberText ? value.text : typeof value === 'string' ? value : undefined;
}
