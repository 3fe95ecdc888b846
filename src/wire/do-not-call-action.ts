import {
  DO_NOT_CALL_OUTCOMES,
  type DoNotCallOutcome,
  type DoNotCallRow,
  type PagePagination,
} from '../../client/src/contract.ts';
import type { DoNotCallEntry } from '../core/do-not-call.ts';
import { numberCandidates } from '../core/phone-number.ts';
import type { ActionDefinition, ActionRequest, ApiParts } from './action.ts';
import { parameterSchemas } from './arguments.ts';
import { carryOut } from './carry-out.ts';
import {
  type DoNotCallReading,
  type DoNotCallWish,
  doNotCallArguments,
  type ListWish,
  readDoNotCallRequest,
} from './do-not-call-request.ts';
import { type Answer, successAnswer } from './envelope.ts';
import { EXAMPLE_NOW } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { nullableTextSchema, nullableTimeSchema, objectOf } from './object-schema.ts';
import { readPaginationSchema } from './read-schemas.ts';
import { type RowStyle, timeOf } from './row.ts';
import { answerOf, exampleStyle } from './rows-answer.ts';
import { visibleProjects } from './visible-projects.ts';

const members: Record<keyof Omit<DoNotCallRow, 'outcome'>, JsonSchema> = {
  number: { type: 'string', description: 'In international form where the country is known.' },
  project_id: { type: ['integer', 'null'], description: 'Null: it holds for all projects.' },
  reason: { ...nullableTextSchema, description: 'In your own words.' },
  until: { ...nullableTimeSchema, description: 'When it ends; null: it does not.' },
  added_by: { ...nullableTextSchema, description: 'Who put it on the list; null: there was no entry.' },
  added_at: { ...nullableTimeSchema, description: 'When; null: there was no entry.' },
};

const entry = objectOf('A number that is not to be called.', members);
const entrySchema: JsonSchema = {
  ...entry,
  properties: {
    ...entry.properties,
    outcome: {
      enum: DO_NOT_CALL_OUTCOMES,
      description: 'What became of it; not in a list. absent: it was not on the list.',
    },
  },
};

const exampleEntry: DoNotCallEntry = {
  number: '+441632960123',
  projectId: null,
  reason: 'asked for it by mail',
  until: null,
  addedBy: 'token CRM',
  addedAt: EXAMPLE_NOW,
};

/** `action=do_not_call`: who is not to be called. */
export const doNotCallAction: ActionDefinition = {
  name: 'do_not_call',
  scope: 'read',
  isChanging: true,
  summary: 'Read or change the do-not-call list',
  description:
    'One of add, remove and list. Adding and removing, all numbers or none, need scope write; entries for all projects a token that is not limited to projects. A number that is on the list already takes this reason and this end, and taking off what is not on it succeeds. Whoever is on the list makes no row when missed, and claim without id passes them over.',
  parameters: parameterSchemas(doNotCallArguments),
  answer: {
    ...answerOf(entrySchema, () => [rowOf(exampleEntry, exampleStyle(), 'added')]),
    pagination: { anyOf: [{ type: 'array', maxItems: 0 }, ...(readPaginationSchema.anyOf?.slice(0, 1) ?? [])] },
  },
  examples: {
    'Nobody calls these any more': {
      data: { add: ['+44 1632 960123', '+44 1632 960124'], reason: 'asked for it by mail' },
    },
    'Not before next year, and only in one project': {
      data: { project_id: 1, add: '+44 1632 960123', until: '2027-01-01 00:00:00' },
    },
    'They may be called again': { data: { remove: ['+44 1632 960123'] } },
    'Is this number on the list': { data: { list: ['+44 1632 960123'] } },
    'The whole list': { data: { list: true, page_size: 1000 } },
  },
  async run(request, parts) {
    const { wish, reading } = readDoNotCallRequest(request, parts);
    return wish.kind === 'list'
      ? answerList(wish, reading.style, request, parts)
      : carryOutWish(wish, reading, request, parts);
  },
};

async function carryOutWish(
  command: Exclude<DoNotCallWish, ListWish>,
  reading: DoNotCallReading,
  request: ActionRequest,
  parts: ApiParts,
): Promise<Answer> {
  const agent = request.credential.agent ?? undefined;
  const { outcome, headers } = await carryOut({ action: 'do_not_call', command, request, reading, agent }, parts);
  if (outcome.kind !== 'do_not_call') throw new Error(`${command.kind} was answered with ${outcome.kind}`);
  const rows = outcome.changes.map(({ entry, number, projectId, outcome: became }) =>
    rowOf(entry ?? { ...NOTHING, number, projectId }, reading.style, became),
  );
  return successAnswer(null, rows, headers);
}

async function answerList(
  { projectId, numbers, page, pageSize }: ListWish,
  style: RowStyle,
  { credential }: ActionRequest,
  { queue, projects }: ApiParts,
): Promise<Answer> {
  const countries = visibleProjects(credential, projects).map(({ country }) => country);
  const { rowCount, entries } = await queue.doNotCall({
    projectIds: projectId === null ? credential.projectIds : [projectId],
    numbers: numbers && [...new Set(numbers.flatMap((number) => numberCandidates(number, countries)))],
    page,
    limit: pageSize,
  });
  const pagination: PagePagination = {
    row_count: rowCount,
    page_size: pageSize,
    current_page: page,
    max_page: Math.max(1, Math.ceil(rowCount / pageSize)),
  };
  return successAnswer(
    pagination,
    entries.map((found) => rowOf(found, style)),
  );
}

const NOTHING = { reason: null, until: null, addedBy: null, addedAt: null };

type Shown = Pick<DoNotCallEntry, 'number' | 'projectId' | 'reason' | 'until'> & {
  addedBy: string | null;
  addedAt: number | null;
};

function rowOf(shown: Shown, style: RowStyle, outcome?: DoNotCallOutcome): DoNotCallRow {
  const { number, projectId, reason, until, addedBy, addedAt } = shown;
  return {
    number,
    project_id: projectId,
    reason,
    until: until === null ? null : timeOf(until, style),
    added_by: addedBy,
    added_at: addedAt === null ? null : timeOf(addedAt, style),
    ...(outcome !== undefined && { outcome }),
  };
}
