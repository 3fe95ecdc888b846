import { SCOPES } from '../../client/src/contract.ts';
import { type AddDoNotCallCommand, numberReadings, type RemoveDoNotCallCommand } from '../core/do-not-call.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type ActionArguments, optional } from './arguments.ts';
import { dialableNumber } from './call-field-types.ts';
import { MOST_CALLS } from './call-list.ts';
import { boolean, dateTime, type FieldType, mistake, text, wholeNumber } from './field-types.ts';
import { oneOrMany } from './list-types.ts';
import { expected, messages } from './messages.ts';
import { type Reading, readArguments } from './read-arguments.ts';

const numbers = oneOrMany(dialableNumber, MOST_CALLS);

/** true for all, or numbers. */
const allOrNumbers: FieldType<'all' | readonly string[]> = {
  parse(value, context) {
    const asked = boolean.parse(value, context);
    if (asked.mistakes !== undefined) return numbers.parse(value, context);
    return asked.value ? { value: 'all' } : mistake(value, expected.yesOrNumbers(expected.phoneNumber()));
  },
  schema: { anyOf: [{ enum: [true, 1, '1', 'true'] }, ...(numbers.schema.anyOf ?? [])] },
};

/** Pages further than this are beyond any list. */
const LAST_PAGE = 1_000_000_000;
const DEFAULT_PAGE_SIZE = 100;

const data = {
  add: optional(numbers, 'Numbers that are not to be called, at most 10,000.'),
  remove: optional(numbers, 'Numbers that may be called again.'),
  list: optional(allOrNumbers, 'true: all entries, newest first. Or numbers: which of these are on the list.'),
  project_id: optional(
    wholeNumber(1),
    'Whose entries. Not given: those for all projects; in a list every entry that the token may see.',
  ),
  reason: optional(text(255), 'With add: why, in your own words.'),
  until: optional(dateTime('last'), 'With add: from then on they may be called again. Not given: never.'),
  page: optional(wholeNumber(1, LAST_PAGE), 'With list: from 1.'),
  page_size: optional(wholeNumber(1, 1000), `With list: 1 to 1000, default ${DEFAULT_PAGE_SIZE}.`),
};

export type DoNotCallReading = Reading<typeof data>;

export const doNotCallArguments: ActionArguments<typeof data> = { action: 'do_not_call', isChanging: true, data };

export interface ListWish {
  kind: 'list';
  projectId: number | null;
  /** Null: all. */
  numbers: readonly string[] | null;
  page: number;
  pageSize: number;
}

export type DoNotCallWish = AddDoNotCallCommand | RemoveDoNotCallCommand | ListWish;

/**
 * What a request wants of the list.
 * @throws Refusal 400 with a message for every bad number; 403
 */
export function readDoNotCallRequest(
  request: ActionRequest,
  parts: ApiParts,
): { wish: DoNotCallWish; reading: DoNotCallReading } {
  const reading = readArguments(request, parts, doNotCallArguments);
  const { draft } = reading;
  const [way, other] = WAYS.filter((name) => draft[name] !== undefined && draft[name].length > 0);
  if (way === undefined && !WAYS.some((name) => reading.isWrongAt(name))) reading.report(messages.missingDoNotCall());
  if (way !== undefined && other !== undefined) reading.report(messages.notTogether(way, other));
  for (const [name, goesWith] of GO_WITH) {
    if (way !== undefined && draft[name] !== undefined && way !== goesWith)
      reading.report(messages.notTogether(name, way));
  }
  if (way === 'add') {
    checkUnambiguous(reading, parts);
    if (draft.until !== undefined && draft.until <= parts.queue.moment().now) {
      reading.report(messages.invalidValue('until', shownUntil(request), expected.timeToCome()));
    }
  }
  checkRights(way, request, parts, reading);
  const { add, remove, list, project_id: projectId = null, reason = null, until = null, ...paging } = reading.settle();
  if (way === 'add' && add !== undefined) {
    return { wish: { kind: 'add_do_not_call', projectId, numbers: add, reason, until }, reading };
  }
  if (way === 'remove' && remove !== undefined) {
    return { wish: { kind: 'remove_do_not_call', projectId, numbers: remove }, reading };
  }
  const asked = list === undefined || list === 'all' ? null : list;
  const { page = 1, page_size: pageSize = DEFAULT_PAGE_SIZE } = paging;
  return { wish: { kind: 'list', projectId, numbers: asked, page, pageSize }, reading };
}

const WAYS = ['add', 'remove', 'list'] as const;
type Way = (typeof WAYS)[number];

const GO_WITH: readonly ['reason' | 'until' | 'page' | 'page_size', Way][] = [
  ['reason', 'add'],
  ['until', 'add'],
  ['page', 'list'],
  ['page_size', 'list'],
];

/** A national number that is another one in the next project would keep somebody from being called who never asked. */
function checkUnambiguous({ draft, report }: DoNotCallReading, { projects }: ApiParts): void {
  for (const number of draft.add ?? []) {
    if (numberReadings(number, draft.project_id ?? null, projects).length === 1) continue;
    report(messages.invalidValue('add', number, expected.unambiguousNumber()));
  }
}

/** A token for some projects sees and changes the entries of these alone. */
function checkRights(
  way: Way | undefined,
  { credential }: ActionRequest,
  { projects }: ApiParts,
  reading: DoNotCallReading,
): void {
  const isChange = way === 'add' || way === 'remove';
  if (isChange && SCOPES.indexOf(credential.scope) < SCOPES.indexOf('write')) {
    reading.forbid(messages.doNotCallNotAllowed());
  }
  const { project_id: projectId } = reading.draft;
  if (projectId === undefined) {
    if (isChange && credential.projectIds !== null && !reading.isWrongAt('project_id')) {
      reading.forbid(messages.allProjectsNotAllowed());
    }
  } else if (credential.projectIds !== null && !credential.projectIds.includes(projectId)) {
    reading.forbid(messages.projectNotAllowed(projectId));
  } else if (!projects.has(projectId)) {
    reading.report(messages.unknownProject(projectId));
  }
}

function shownUntil({ parameters }: ActionRequest): string {
  const given = parameters.get('data');
  return given instanceof Map ? String(given.get('until')).trim() : '';
}
