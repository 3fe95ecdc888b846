import type { Problem } from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import { numberCandidates } from '../core/phone-number.ts';
import type { Projects } from '../core/project.ts';
import { type FieldContext, isBlank, show } from './field-types.ts';
import { type FilterDraft, filterDefinitions } from './filters.ts';
import { messages } from './messages.ts';
import type { Parameter } from './parameter.ts';

/** For whom filters are read. */
export interface FilterContext extends FieldContext {
  projects: Projects;
  /** The only projects that may be seen; null: all. */
  allowedProjectIds: readonly number[] | null;
}

/** The filter, and everything that is wrong with it in order of appearance. */
export interface ParsedFilters {
  filter: CallFilter;
  problems: readonly Problem[];
  /** Projects that are asked for although they may not be seen, each with its sentence. */
  forbidden: readonly Problem[];
  /** Whether the request itself narrows anything; being allowed only some projects does not count. */
  isApplied: boolean;
}

/**
 * The `filters` of a request. A filter that is null, an empty text or an empty list is not applied; an unknown name is
 * wrong whatever its value. What may not be seen is left out silently, unless it is asked for by name.
 */
export function parseFilters(value: Parameter | undefined, context: FilterContext): ParsedFilters {
  const draft: FilterDraft = { filter: {}, numbers: new Map() };
  const problems: Problem[] = [];
  if (value instanceof Map) {
    for (const [name, filterValue] of value) problems.push(...readFilter(name, filterValue, context, draft));
  } else if (value !== undefined && !isBlank(value)) {
    problems.push(messages.invalidFilters(show(value)));
  }
  const isApplied = Object.keys(draft.filter).length > 0 || draft.numbers.size > 0;
  const forbidden = narrow(draft, context.allowedProjectIds);
  normalizeNumbers(draft, context);
  return { filter: draft.filter, problems, forbidden, isApplied };
}

function readFilter(name: string, value: Parameter, context: FilterContext, draft: FilterDraft): Problem[] {
  const definition = filterDefinitions.get(name);
  if (definition === undefined) return [messages.invalidFilter(name)];
  if (isBlank(value)) return [];
  return definition
    .read(value, context, draft)
    .map(({ shown, expected }) => messages.invalidFilterValue(name, shown, expected));
}

/** Limits the filter to the projects that may be seen (api.md 2.5). Calls of others then do not exist. */
function narrow({ filter }: FilterDraft, allowed: readonly number[] | null): Problem[] {
  if (allowed === null) return [];
  if (filter.projectIds !== undefined) {
    return filter.projectIds.filter((id) => !allowed.includes(id)).map((id) => messages.projectNotAllowed(id));
  }
  // A token for no project at all sees nothing: no project has the id 0.
  filter.projectIds = allowed.length > 0 ? allowed : [0];
  return [];
}

/** National numbers are those of the countries of the projects that the request may see (api.md 8.5). */
function normalizeNumbers({ filter, numbers }: FilterDraft, { projects }: FilterContext): void {
  if (numbers.size === 0) return;
  const visible = filter.projectIds?.map((id) => projects.get(id)) ?? [...projects.values()];
  const countries = new Set(visible.map((project) => project?.country));
  for (const [member, values] of numbers) {
    filter[member] = [...new Set(values.flatMap((number) => numberCandidates(number, countries)))];
  }
}
