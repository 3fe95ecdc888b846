import type { ActionDefinition } from './action.ts';
import { type ActionArguments, optional, parameterSchemas } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { cancelledExample } from './example-call.ts';
import { text } from './field-types.ts';
import { readArguments } from './read-arguments.ts';
import { rowArguments, rowChoiceOf } from './row-choice.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  ...rowArguments,
  reason: optional(text(255), 'Why, in your own words, for the history.'),
};

const spec: ActionArguments<typeof data> = { action: 'cancel', isChanging: true, answersRows: true, data };

/** `action=cancel`: takes calls out of the list. One in progress is ended first. */
export const cancelAction: ActionDefinition = {
  name: 'cancel',
  scope: 'write',
  isChanging: true,
  summary: 'Cancel calls',
  description:
    'Pending calls and calls in progress become cancelled, all or none. Cancelling the cancelled succeeds and changes nothing.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(cancelledExample),
  examples: {
    'Cancel a call': { data: { ids: [1], reason: 'ordered by mail' } },
    'Cancel what your own ids name': { data: { project_id: 1, external_ids: ['order-4711'] } },
    'Cancel what a filter matches, if it is one call': { data: { filters: { campaign: 'autumn' }, expect: 1 } },
  },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const rows = rowChoiceOf(reading, request.credential.projectIds);
    const { reason } = reading.settle();
    const words = reason === undefined ? {} : { words: reason };
    const command = { kind: 'cancel', rows, code: 'cancelled_by_api', ...words } as const;
    return carryOutOnCalls({ action: 'cancel', command, request, reading }, parts);
  },
};
