import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { deletedExample } from './example-call.ts';
import { readArguments } from './read-arguments.ts';
import { rowArguments, rowChoiceOf } from './row-choice.ts';
import { rowsAnswer } from './rows-answer.ts';

const spec: ActionArguments<typeof rowArguments> = {
  action: 'delete',
  isChanging: true,
  answersRows: true,
  data: rowArguments,
};

/** `action=delete`: hides calls from the dialler, and keeps them for reading. */
export const deleteAction: ActionDefinition = {
  name: 'delete',
  scope: 'write',
  isChanging: true,
  summary: 'Delete calls',
  description:
    'Calls that nobody works on get the status deleted, all or none; they can still be read. Deleting the deleted succeeds and changes nothing.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(deletedExample),
  examples: { 'Delete two calls': { data: { ids: [1, 2] } } },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const rows = rowChoiceOf(reading, request.credential.projectIds);
    reading.settle();
    const command = { kind: 'delete', rows, code: 'deleted_by_api' } as const;
    return carryOutOnCalls({ action: 'delete', command, request, reading }, parts);
  },
};
