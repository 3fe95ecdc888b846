import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas, required } from './arguments.ts';
import { severalLines } from './call-field-types.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { notedExample } from './example-call.ts';
import { wholeNumber } from './field-types.ts';
import { readArguments } from './read-arguments.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  id: required(wholeNumber(1), 'The call.'),
  text: required(severalLines(4000), 'What to remember.'),
};

const spec: ActionArguments<typeof data> = { action: 'note', isChanging: true, answersRows: true, data };

/** `action=note`: adds to the history of a call, whatever its status. */
export const noteAction: ActionDefinition = {
  name: 'note',
  scope: 'write',
  isChanging: true,
  summary: 'Add a note to the history',
  description: 'The call itself stays as it is. Notes cannot be changed afterwards.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(notedExample),
  examples: { 'Write a note': { data: { id: 1, text: 'Asked to be called after five.' } } },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const { id, text } = reading.settle();
    const agent = request.credential.agent ?? undefined;
    const command = { kind: 'note', id, text } as const;
    return carryOutOnCalls({ action: 'note', command, request, reading, agent }, parts);
  },
};
