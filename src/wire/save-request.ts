import type { Problem } from '../../client/src/contract.ts';
import type { SaveCommand } from '../core/call-command.ts';
import type { CallContent } from '../core/call-life.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type ActionArguments, type Argument, optional, type RequiredArgument, required } from './arguments.ts';
import { type CallField, callFields, EMPTY_CONTENT, fieldSchemas, sharedFields } from './call-fields.ts';
import { callList } from './call-list.ts';
import { boolean, type FieldContext, isBlank, show, wholeNumber } from './field-types.ts';
import { inRow, messages } from './messages.ts';
import type { Parameter, ParameterMap } from './parameter.ts';
import { type Reading, readArguments } from './read-arguments.ts';
import { concernsTogether, problemsTogether, readCallFields } from './read-call-fields.ts';

const AGAIN = 'true: make a new call although the same was closed within the last hour.';

const rowSchema = {
  type: 'object',
  properties: { ...fieldSchemas(callFields), again: { ...boolean.schema, description: AGAIN } },
  required: ['caller_id'],
  additionalProperties: false,
} as const;

interface SaveTable {
  project_id: RequiredArgument<number>;
  again: Argument<boolean>;
  calls: RequiredArgument<readonly Parameter[]>;
  [shared: string]: Argument<unknown>;
}

/** What a save takes. */
export const saveArguments: ActionArguments<SaveTable> = {
  action: 'save',
  isChanging: true,
  hasDryRun: true,
  data: {
    project_id: required(wholeNumber(1), 'The project that the calls belong to.'),
    ...Object.fromEntries([...sharedFields].map(([name, field]) => [name, sharedArgument(name, field)])),
    again: optional(boolean, AGAIN),
    calls: callList(rowSchema, 'The calls. What one says wins over what is said for all.'),
  },
};

/**
 * Reads a save: all calls, or everything that is wrong with any of them.
 * @throws Refusal 400 with a message for every bad row; 403 for a project that the token may not use
 */
export function readSave(
  request: ActionRequest,
  parts: ApiParts,
): { command: SaveCommand; reading: Reading<SaveTable> } {
  const reading = readArguments(request, parts, saveArguments);
  const { draft } = reading;
  checkProject(draft.project_id, request, parts, reading);
  const header = { ...EMPTY_CONTENT };
  for (const [name, { member }] of sharedFields) {
    if (draft[name] !== undefined) (header as Record<string, unknown>)[member] = draft[name];
  }
  const rows = { header, again: draft.again ?? false, contexts: parts.contexts ?? [], reading };
  const calls = readRows(draft.calls ?? [], rows);
  const { project_id } = reading.settle();
  const repeatWindowSeconds = parts.repeatWindowSeconds ?? 3600;
  return {
    command: { kind: 'save', projectId: project_id, calls, dryRun: reading.isDryRun, repeatWindowSeconds },
    reading,
  };
}

/** A token for some projects learns nothing about others, not even whether they exist. */
function checkProject(
  projectId: number | undefined,
  { credential }: ActionRequest,
  { projects }: ApiParts,
  reading: Reading<SaveTable>,
): void {
  if (projectId === undefined) return;
  if (credential.projectIds !== null && !credential.projectIds.includes(projectId)) {
    reading.forbid(messages.projectNotAllowed(projectId));
  } else if (!projects.has(projectId)) {
    reading.report(messages.unknownProject(projectId));
  }
}

interface RowsContext {
  header: CallContent;
  again: boolean;
  contexts: readonly string[];
  reading: Reading<SaveTable>;
}

const OWN: ReadonlySet<string> = new Set(['again']);

function readRows(rows: readonly Parameter[], context: RowsContext): SaveCommand['calls'] {
  const { reading } = context;
  const calls: { content: CallContent; again: boolean }[] = [];
  let problems: Problem[] = [];
  // A mistake of the header shows once, not in every row.
  const isHeaderWrong = reading.isWrong;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    if (row instanceof Map) calls.push(readRow(row, context, problems, isHeaderWrong));
    else problems.push(messages.invalidRow(show(row ?? null)));
    if (problems.length === 0) continue;
    for (const problem of problems) reading.reportRow(inRow('Save', index + 1, problem));
    problems = [];
  }
  return calls;
}

function readRow(
  row: ParameterMap,
  { header, again, contexts, reading }: RowsContext,
  problems: Problem[],
  isHeaderWrong: boolean,
): { content: CallContent; again: boolean } {
  const content = { ...header };
  readCallFields(row, callFields, content, reading, problems, OWN);
  if (content.callerId === '' && !problems.some(({ field }) => field === 'caller_id')) {
    problems.push(messages.missingValue('caller_id'));
  }
  if (!isHeaderWrong && !problems.some(concernsTogether)) problems.push(...problemsTogether(content, contexts));
  return { content, again: readAgain(row.get('again'), reading, problems) ?? again };
}

function readAgain(value: Parameter | undefined, context: FieldContext, problems: Problem[]): boolean | undefined {
  if (value === undefined || isBlank(value)) return undefined;
  const parsed = boolean.parse(value, context);
  if (parsed.mistakes === undefined) return parsed.value;
  for (const { shown, expected } of parsed.mistakes) problems.push(messages.invalidValue('again', shown, expected));
  return undefined;
}

/** An empty text in the header gives the default, as in a call. */
function sharedArgument(name: string, field: CallField): Argument<unknown> {
  const { type, cleared, description } = field;
  return {
    description,
    schema: fieldSchemas(new Map([[name, field]]))[name] ?? {},
    isRequired: false,
    read: (argument, value, context) =>
      typeof value === 'string' && value.trim() === ''
        ? cleared
        : optional(type, description).read(argument, value, context),
  };
}
