import type { RequiredArgument } from './arguments.ts';
import { show } from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';
import { expected, messages } from './messages.ts';
import type { Parameter } from './parameter.ts';

/** Most calls that one request may bring or name (api.md 6 and 7). */
export const MOST_CALLS = 10_000;

/** The list of calls that a save or update brings, its rows not read yet. Of a map the values are taken. */
export function callList(row: JsonSchema, description: string): RequiredArgument<readonly Parameter[]> {
  return {
    description,
    schema: { type: 'array', items: row, minItems: 1, maxItems: MOST_CALLS },
    isRequired: true,
    // A row of nothing is a row that lacks something, not an absent list: the message then counts it.
    isAbsent: (value) => value === null || (Array.isArray(value) && value.length === 0),
    read(name, value, context) {
      const rows = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : undefined;
      if (rows !== undefined && rows.length > 0 && rows.length <= MOST_CALLS) return rows;
      const shown = rows === undefined ? show(value) : `a list of ${rows.length} calls`;
      context.report(messages.invalidValue(name, shown, expected.calls(MOST_CALLS)));
      return undefined;
    },
  };
}
