import { RESULTS } from '../../client/src/contract.ts';
import type { Completion } from '../core/call-life.ts';
import type { ActionDefinition } from './action.ts';
import { agentArgument, agentOf } from './agent-of.ts';
import { type ActionArguments, optional, parameterSchemas, required } from './arguments.ts';
import { severalLines } from './call-field-types.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { completedExample } from './example-call.ts';
import { dateTime, text, wholeNumber, word } from './field-types.ts';
import { readArguments } from './read-arguments.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  id: required(wholeNumber(1), 'The call.'),
  agent: agentArgument,
  result: optional(word(RESULTS), 'What became of the attempt.'),
  disposition: optional(text(255), 'Your own word for what came of it, for the history.'),
  note: optional(severalLines(4000), 'Anything else, for the history.'),
  retry_at: optional(dateTime('first'), 'Plans the next attempt instead of closing the call; uses one retry.'),
};

const spec: ActionArguments<typeof data> = { action: 'complete', isChanging: true, answersRows: true, data };

/** `action=complete`: an agent closes a claimed call, or plans the next attempt. */
export const completeAction: ActionDefinition = {
  name: 'complete',
  scope: 'write',
  isChanging: true,
  summary: 'Close a claimed call, or plan the next attempt',
  description:
    'Only who holds a call can complete it. With retry_at it becomes pending again and one retry is used; when max_retries are used up that is a 409.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(completedExample),
  examples: {
    'Close a call': {
      data: {
        id: 1,
        agent: 'ana',
        result: 'answered',
        disposition: 'sold',
        note: 'Wants two.\nSend the bill by mail.',
      },
    },
    'Try again in the afternoon': {
      data: { id: 1, agent: 'ana', result: 'busy', retry_at: '2026-11-24 16:00:00' },
    },
  },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const agent = agentOf(reading.draft.agent, request.credential, reading);
    const { id, result, disposition, note, retry_at: retryAt } = reading.settle();
    const completion: Completion = {
      ...(result !== undefined && { result }),
      ...(disposition !== undefined && { disposition }),
      ...(note !== undefined && { note }),
      ...(retryAt !== undefined && { retryAt }),
    };
    const command = { kind: 'complete', id, agent, completion } as const;
    return carryOutOnCalls({ action: 'complete', command, request, reading, agent }, parts);
  },
};
