import type { ActionDefinition } from './action.ts';
import { agentArgument, agentOf } from './agent-of.ts';
import { type ActionArguments, clearable, optional, parameterSchemas, required } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { releasedExample } from './example-call.ts';
import { boolean, dateTime, wholeNumber } from './field-types.ts';
import { messages } from './messages.ts';
import { readArguments } from './read-arguments.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  id: required(wholeNumber(1), 'The call.'),
  agent: agentArgument,
  schedule: clearable(
    dateTime('first'),
    'Not before this from now on; empty: as soon as possible. Default: as it was.',
  ),
  force: optional(boolean, 'true: whoever holds it; recorded. Needs scope admin.'),
};

const spec: ActionArguments<typeof data> = { action: 'release', isChanging: true, answersRows: true, data };

/** `action=release`: an agent gives a claimed call back, perhaps for later; a supervisor takes it from whoever holds it. */
export const releaseAction: ActionDefinition = {
  name: 'release',
  scope: 'write',
  isChanging: true,
  summary: 'Give a claimed call back',
  description: 'The call becomes pending again, for anybody to claim.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(releasedExample),
  examples: {
    'Give a call back for tomorrow': { data: { id: 1, agent: 'ana', schedule: '2026-11-25 09:00:00' } },
    'Take a call from whoever holds it': { data: { id: 1, force: true } },
  },
  async run(request, parts) {
    const { credential } = request;
    const reading = readArguments(request, parts, spec);
    const { agent: named, force: isForced = false } = reading.draft;
    if (isForced && credential.scope !== 'admin') reading.forbid(messages.forceNotAllowed());
    // Who forces need not be an agent.
    const agent = isForced ? (named ?? credential.agent ?? '') : agentOf(named, credential, reading);
    const { id, schedule } = reading.settle();
    const later = schedule === undefined ? {} : { schedule };
    const command = { kind: 'release', id, agent, ...later, force: isForced } as const;
    return carryOutOnCalls({ action: 'release', command, request, reading, agent: agent || undefined }, parts);
  },
};
