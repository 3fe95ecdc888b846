import { dateTime, elementsOf, type FieldType, isBlank, type Mistake, mistake, type Parsed } from './field-types.ts';
import { expected } from './messages.ts';
import type { Parameter } from './parameter.ts';

/** A list of values holds at most this many (api.md 8.3). */
export const LONGEST_LIST = 1000;

/**
 * One value or a list of them, at most `longest`. Null and empty texts inside are ignored, of a map the values are taken (api.md 8.3).
 * Every mistake is reported, each value once. Of values given twice one stays.
 */
export function oneOrMany<T>(type: FieldType<T>, longest = LONGEST_LIST): FieldType<readonly T[]> {
  return {
    parse(value, context) {
      const elements = elementsOf(value).filter((element) => !isBlank(element));
      if (elements.length > longest) return tooLong(elements.length, longest);
      const values = new Set<T>();
      const mistakes = new Map<string, Mistake>();
      for (const element of elements) {
        const parsed = type.parse(element, context);
        if (parsed.mistakes === undefined) values.add(parsed.value);
        else for (const found of parsed.mistakes) mistakes.set(found.shown, found);
      }
      return mistakes.size > 0 ? { mistakes: [...mistakes.values()] } : { value: [...values] };
    },
    schema: {
      anyOf: [type.schema, { type: 'array', items: type.schema, maxItems: longest }, { type: 'null' }],
    },
  };
}

/** Instants from `from` to `to`, both included; null leaves a side open. */
export interface ParsedSpan {
  from: number | null;
  to: number | null;
}

const FROM = dateTime('first');
const TO = dateTime('last');

/**
 * [from, to], either side null or empty. PHP's `http_build_query` leaves nulls out, so that `[null, to]` arrives as
 * `name[1]=to`: the keys 0 and 1 are places, not an order.
 */
export const between: FieldType<ParsedSpan> = {
  parse(value, context) {
    const sides = sidesOf(value);
    if (sides === undefined) return mistake(value, expected.between(context.timeFormat));
    const [from, to] = sides;
    const first: Parsed<number | null> = isBlank(from) ? { value: null } : FROM.parse(from, context);
    const last: Parsed<number | null> = isBlank(to) ? { value: null } : TO.parse(to, context);
    if (first.mistakes !== undefined || last.mistakes !== undefined) {
      return { mistakes: [...(first.mistakes ?? []), ...(last.mistakes ?? [])] };
    }
    if (first.value !== null && last.value !== null && first.value > last.value) {
      return { mistakes: [{ shown: `${String(from).trim()} to ${String(to).trim()}`, expected: expected.order() }] };
    }
    return { value: { from: first.value, to: last.value } };
  },
  schema: {
    anyOf: [
      {
        type: 'array',
        items: { anyOf: [FROM.schema, { type: 'null' }] },
        minItems: 2,
        maxItems: 2,
        examples: [['2026-11-10 00:00:00', '2026-11-23 23:59:59']],
      },
      { type: 'null' },
    ],
  },
};

function sidesOf(value: Parameter): [Parameter, Parameter] | undefined {
  if (value instanceof Map && value.size <= 2 && [...value.keys()].every((key) => key === '0' || key === '1')) {
    return [value.get('0') ?? null, value.get('1') ?? null];
  }
  const [from, to, ...more] = value instanceof Map ? [...value.values()] : Array.isArray(value) ? value : [];
  return from === undefined || to === undefined || more.length > 0 ? undefined : [from, to];
}

function tooLong(length: number, longest: number): { mistakes: [Mistake] } {
  return { mistakes: [{ shown: `a list of ${length} values`, expected: expected.shorterList(longest) }] };
}
