import type { Problem } from '../../client/src/contract.ts';
import type { UpdateCommand } from '../core/call-command.ts';
import type { CallContent } from '../core/call-life.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import type { ActionArguments } from './arguments.ts';
import { callFields, fieldSchemas } from './call-fields.ts';
import { callList } from './call-list.ts';
import { dateTime, type FieldType, isBlank, isUnsaid, show, wholeNumber } from './field-types.ts';
import { inRow, messages } from './messages.ts';
import type { Parameter, ParameterMap } from './parameter.ts';
import { type Reading, readArguments } from './read-arguments.ts';
import { concernsTogether, problemsOfContext, readCallFields } from './read-call-fields.ts';

const ID = wholeNumber(1);
const INSTANT = dateTime('first');
const OWN: ReadonlySet<string> = new Set(['id', 'expected_updated_at']);

const rowSchema = {
  type: 'object',
  properties: {
    id: { ...ID.schema, description: 'The call.' },
    ...fieldSchemas(callFields),
    expected_updated_at: {
      anyOf: [INSTANT.schema, { const: '' }, { type: 'null' }],
      description: 'Its updated_at as you saw it last: a 409 when it was changed since.',
    },
  },
  required: ['id'],
  additionalProperties: false,
} as const;

const data = { calls: callList(rowSchema, 'The calls, each with the fields that are to change.') };

/** What an update takes. */
export const updateArguments: ActionArguments<typeof data> = {
  action: 'update',
  isChanging: true,
  answersRows: true,
  data,
};

/**
 * Reads an update: all calls, or everything that is wrong with any of them.
 * @throws Refusal 400 with a message for every bad row
 */
export function readUpdate(
  request: ActionRequest,
  parts: ApiParts,
): { command: UpdateCommand; reading: Reading<typeof data> } {
  const reading = readArguments(request, parts, updateArguments);
  const edits: UpdateCommand['edits'][number][] = [];
  const seen = new Set<number>();
  for (const [index, row] of (reading.draft.calls ?? []).entries()) {
    const problems: Problem[] = [];
    if (row instanceof Map) {
      const edit = readEdit(row, reading, problems, parts.contexts ?? []);
      if (seen.has(edit.id)) problems.push(messages.namedTwice(edit.id));
      else if (edit.id > 0) seen.add(edit.id);
      edits.push(edit);
    } else problems.push(messages.invalidRow(show(row)));
    for (const problem of problems) reading.reportRow(inRow('Update', index + 1, problem));
  }
  reading.settle();
  return { command: { kind: 'update', edits }, reading };
}

function readEdit(
  row: ParameterMap,
  reading: Reading<typeof data>,
  problems: Problem[],
  contexts: readonly string[],
): UpdateCommand['edits'][number] {
  const read = <T>(name: string, type: FieldType<T>): T | undefined => {
    const value: Parameter = row.get(name) ?? null;
    if (isUnsaid(value) || isBlank(value)) return undefined;
    const parsed = type.parse(value, reading);
    if (parsed.mistakes === undefined) return parsed.value;
    for (const { shown, expected } of parsed.mistakes) problems.push(messages.invalidValue(name, shown, expected));
    return undefined;
  };
  const id = read('id', ID);
  if (id === undefined && problems.length === 0) problems.push(messages.missingValue('id'));
  const expectedUpdatedAt = read('expected_updated_at', INSTANT);
  const content: Partial<CallContent> = {};
  readCallFields(row, callFields, content, reading, problems, OWN);
  if (!problems.some(concernsTogether)) problems.push(...problemsOfEdit(content, contexts));
  return { id: id ?? 0, content, ...(expectedUpdatedAt !== undefined && { expectedUpdatedAt }) };
}

/** `type` and `destination` change together, or one would be left to mean something else. */
function problemsOfEdit(content: Partial<CallContent>, contexts: readonly string[]): Problem[] {
  const { type, destination } = content;
  const isPair = (type === undefined) === (destination === undefined) && (type === null) === (destination === null);
  return isPair ? problemsOfContext(content, contexts) : [messages.typeWithoutDestination()];
}
