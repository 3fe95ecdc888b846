import { filterDefinitions } from '../wire/filters.ts';
import type { Parameter, ParameterMap } from '../wire/parameter.ts';

/** A filter of the API as something that can be typed: `date_between` is `date-between`, its two sides one text. */
export interface FilterOption {
  option: string;
  /** How help names the value. */
  value: string;
  description: string;
}

export const FILTER_OPTIONS: readonly FilterOption[] = [...filterDefinitions].map(([name, { description }]) => ({
  option: name.replaceAll('_', '-'),
  value: isSpan(name) ? 'FROM,TO' : 'VALUE',
  description,
}));

/** What was typed, as the parameter `filters` of the API. Several values of one filter are a list. */
export function filtersOf(typed: Readonly<Record<string, readonly string[]>>): ParameterMap {
  const filters = new Map<string, Parameter>();
  for (const name of filterDefinitions.keys()) {
    const values = typed[name.replaceAll('_', '-')];
    if (values === undefined) continue;
    const [first = ''] = values;
    if (values.length > 1) filters.set(name, [...values]);
    else filters.set(name, isSpan(name) ? sidesOf(first) : first);
  }
  return filters;
}

function isSpan(name: string): boolean {
  return name.endsWith('_between');
}

/** An empty side is open, as null is in the API. */
function sidesOf(text: string): Parameter[] {
  return text.split(',').map((side) => (side.trim() === '' ? null : side));
}
