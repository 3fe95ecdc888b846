import {
  type Problem,
  SORT_KEYS,
  type Sort,
  TIME_FORMATS,
  type TimeFormat,
  WITH_MEMBERS,
  type WithMember,
} from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import { COMMON_PARAMETERS } from './action.ts';
import { parseCursor } from './cursor.ts';
import { type FieldType, isBlank, show, wholeNumber, word } from './field-types.ts';
import { oneOrMany } from './list-types.ts';
import { messages } from './messages.ts';
import type { Parameter, ParameterMap } from './parameter.ts';
import { type FilterContext, parseFilters } from './parse-filters.ts';
import { Refusal } from './refusal.ts';

/** What a read asks for, checked. */
export interface ReadRequest {
  filter: CallFilter;
  sort: Sort;
  pageSize: number;
  /** A page from 1, or what follows a cursor. */
  at: { page: number } | { afterId: number };
  with: readonly WithMember[];
  timeFormat: TimeFormat;
}

const SORTS: readonly Sort[] = [...SORT_KEYS.flatMap((key) => [key, `-${key}`] as const), 'dial_order'];

/** The parameters of a read that have a kind of value; `filters` and `cursor` have rules of their own. */
export const readTypes = {
  page: wholeNumber(1),
  page_size: wholeNumber(1, 1000),
  sort: word(SORTS),
  with: oneOrMany(word(WITH_MEMBERS)),
  time_format: word(TIME_FORMATS),
} as const;

const READ_PARAMETERS: ReadonlySet<string> = new Set([...Object.keys(readTypes), 'filters', 'cursor']);

/**
 * Reads the parameters of a read. Null is as good as not given, since PHP's hash does not cover it.
 * @throws Refusal 400 with all problems in order of appearance; 403 for projects that the token may not use
 */
export function parseReadRequest(parameters: ParameterMap, context: Omit<FilterContext, 'timeFormat'>): ReadRequest {
  // By name first, so that `time_format` decides how the filters are read wherever it stands.
  const problems = new Map<string, readonly Problem[]>();
  const given = (name: string) => parameters.get(name) ?? null;
  const read = <T>(name: string, type: FieldType<T>, fallback: T): T => {
    const value = given(name);
    if (value === null || (name === 'with' && isBlank(value))) return fallback;
    const parsed = type.parse(value, { ...context, timeFormat: 'local' });
    if (parsed.mistakes === undefined) return parsed.value;
    problems.set(
      name,
      name === 'page'
        ? [messages.invalidPage(show(value))]
        : parsed.mistakes.map(({ shown, expected }) => messages.invalidValue(name, shown, expected)),
    );
    return fallback;
  };

  const page = read('page', readTypes.page, 1);
  const pageSize = read('page_size', readTypes.page_size, 100);
  const sort = read('sort', readTypes.sort, 'id');
  const members = read('with', readTypes.with, []);
  const timeFormat = read('time_format', readTypes.time_format, 'local');
  const { filter, forbidden, ...filters } = parseFilters(given('filters'), { ...context, timeFormat });
  problems.set('filters', filters.problems);
  const cursor = readCursor(given('cursor'), { hasPage: given('page') !== null, sort });
  problems.set('cursor', cursor.problems);

  refuse(parameters, problems, forbidden);
  const at = cursor.afterId === undefined ? { page } : { afterId: cursor.afterId };
  return { filter, sort, pageSize, at, with: members, timeFormat };
}

/** An empty text starts a complete extraction: everything after id 0. */
function readCursor(
  value: Parameter,
  { hasPage, sort }: { hasPage: boolean; sort: Sort },
): { afterId?: number; problems: Problem[] } {
  if (value === null) return { problems: [] };
  const text = typeof value === 'string' ? value.trim() : undefined;
  const afterId = text === '' ? 0 : text === undefined ? undefined : parseCursor(text);
  const problems = [
    ...(hasPage ? [messages.cursorWithout('page')] : []),
    ...(sort === 'id' ? [] : [messages.cursorWithout(`sort=${sort}`)]),
  ];
  return afterId === undefined
    ? { problems: [messages.invalidCursor(show(value)), ...problems] }
    : { afterId, problems };
}

/** Brings the problems into the order in which the parameters came, unknown names among them. */
function refuse(
  parameters: ParameterMap,
  problems: ReadonlyMap<string, readonly Problem[]>,
  forbidden: readonly Problem[],
): void {
  const all: Problem[] = [];
  for (const name of parameters.keys()) {
    if (COMMON_PARAMETERS.includes(name)) continue;
    if (READ_PARAMETERS.has(name)) all.push(...(problems.get(name) ?? []));
    else all.push(messages.invalidParameter(name));
  }
  if (all.length > 0) throw new Refusal(400, [...all, ...forbidden]);
  if (forbidden.length > 0) throw new Refusal(403, forbidden);
}
