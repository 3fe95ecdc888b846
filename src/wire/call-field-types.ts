import { NumberText } from '../../client/src/php-query.ts';
import { isDialable } from '../core/allowed-number.ts';
import { LONGEST_NUMBER, PBX_NAME } from '../core/call-limits.ts';
import { type FieldType, mistake, show, text } from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';
import { expected } from './messages.ts';
import type { Parameter } from './parameter.ts';

/** Kinds of values that only calls have. What may reach a PBX is narrower than text: see each. */

const NOTATION = text(LONGEST_NUMBER);

/**
 * A number that can be dialled, kept as it was given: once cleaned 3 to 20 digits, at most 15 after a `+` (api.md 6).
 * `*`, `#`, letters and digits of other scripts would mean something else to a PBX.
 */
export const dialableNumber: FieldType<string> = {
  parse(value, context) {
    const parsed = NOTATION.parse(value, context);
    if (parsed.mistakes !== undefined) return parsed;
    return isDialable(parsed.value) ? parsed : mistake(value, expected.dialableNumber());
  },
  schema: { anyOf: [{ type: 'string', maxLength: LONGEST_NUMBER }, { type: 'integer' }] },
};

/** A number that is only shown or compared, in any notation. */
export const shownNumber: FieldType<string> = { ...NOTATION, schema: { type: 'string', maxLength: LONGEST_NUMBER } };

/** What people write about a call: several lines; a line break is one character, whatever the system it comes from. */
export function severalLines(maxLength: number): FieldType<string> {
  const says = expected.severalLines(maxLength);
  return {
    parse(value) {
      const found = value instanceof NumberText ? value.text : typeof value === 'string' ? value.trim() : undefined;
      if (found === undefined || found.length > 4 * maxLength) return mistake(value, says);
      if (!found.isWellFormed()) return mistake(value, expected.utf8());
      const lines = found.replace(/\r\n?/g, '\n');
      return NOT_IN_LINES.test(lines) || [...lines].length > maxLength ? mistake(value, says) : { value: lines };
    },
    schema: { type: 'string', maxLength },
  };
}

const NOT_IN_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

/** The name of a queue, user, context or trunk: nothing in it can be taken for an option or another channel. */
export const pbxName: FieldType<string> = {
  parse(value, context) {
    const parsed = text(79).parse(value, context);
    if (parsed.mistakes !== undefined) return parsed;
    return PBX_NAME.test(parsed.value) ? parsed : mistake(value, expected.pbxName());
  },
  schema: { type: 'string', pattern: PBX_NAME.source },
};

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Names that make Asterisk run, redirect or leak something, and those that are ours (`_…` would be inherited by every
// channel). Asterisk tells variables apart by letter case, so `dial_note` is harmless.
const REFUSED_NAME = /^(?:MONITOR_EXEC|DIAL|MACRO|GOSUB|FORWARD|QUEUE_|CALLQUEUE_|_)|_(?:CONTEXT|OPTIONS)$|^AMPUSER$/;
const MOST_BYTES = 8192;
const VARIABLE_VALUE = text(MOST_BYTES, 0);

/** A flat map of PBX variables; also as JSON in a text, the way a table holds it. Values are kept as text. */
export const variables: FieldType<Readonly<Record<string, string>>> = {
  parse(value, context) {
    const map = typeof value === 'string' ? mapOfJson(value) : value;
    if (Array.isArray(map) && map.length === 0) return { value: {} };
    if (!(map instanceof Map)) return mistake(value, expected.variables());
    const result: [string, string][] = [];
    for (const [name, element] of map) {
      if (!VARIABLE_NAME.test(name)) return { mistakes: [{ shown: name, expected: expected.variableName() }] };
      if (REFUSED_NAME.test(name)) return { mistakes: [{ shown: name, expected: expected.harmlessVariable() }] };
      if (element === null) continue;
      const parsed = VARIABLE_VALUE.parse(typeof element === 'boolean' ? String(element) : element, context);
      if (parsed.mistakes !== undefined) {
        return { mistakes: parsed.mistakes.map((found) => ({ ...found, shown: `${name}: ${found.shown}` })) };
      }
      result.push([name, parsed.value]);
    }
    // fromEntries defines members of its own, also one named __proto__.
    const variables = Object.fromEntries(result);
    return Buffer.byteLength(JSON.stringify(variables)) > MOST_BYTES
      ? { mistakes: [{ shown: show(value), expected: expected.smallVariables(MOST_BYTES) }] }
      : { value: variables };
  },
  schema: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
  } satisfies JsonSchema,
};

/** Numbers keep their digits, as in the API. */
function mapOfJson(json: string): Parameter {
  if (json.length > 8 * MOST_BYTES) return json;
  try {
    const reviver = (_name: string, value: unknown, { source }: { source?: string }) =>
      typeof value === 'number' ? new NumberText(source ?? String(value)) : value;
    const value: unknown = JSON.parse(json, reviver as (name: string, value: unknown) => unknown);
    // PHP writes an empty map as an empty list.
    if (Array.isArray(value) && value.length === 0) return [];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? new Map(Object.entries(value as Record<string, Parameter>))
      : json;
  } catch {
    return json;
  }
}
