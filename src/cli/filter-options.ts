import { FILTER_OPTIONS } from '../app/filter-options.ts';
import type { Option } from './command.ts';

/** The filters of a read as options of a command; each may be given several times, which is a list. */
export const filterOptions: Readonly<Record<string, Option>> = Object.fromEntries(
  FILTER_OPTIONS.map(({ option, value, description }) => [
    option,
    { type: 'string', multiple: true, value, description: lowerFirst(description) },
  ]),
);

/** The filters among the values of a command. */
export function typedFilters(values: Readonly<Record<string, unknown>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => Object.hasOwn(filterOptions, name) && Array.isArray(value)),
  ) as Record<string, string[]>;
}

function lowerFirst(sentence: string): string {
  return `${sentence[0]?.toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}
