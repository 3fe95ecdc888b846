import type { ActionDefinition } from './action.ts';
import { agentArgument, agentOf } from './agent-of.ts';
import { type ActionArguments, parameterSchemas, required } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { extendedExample } from './example-call.ts';
import { wholeNumber } from './field-types.ts';
import { DEFAULT_LEASE_SECONDS, leaseArgument } from './lease.ts';
import { readArguments } from './read-arguments.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  id: required(wholeNumber(1), 'The call.'),
  agent: agentArgument,
  lease_seconds: leaseArgument,
};

const spec: ActionArguments<typeof data> = { action: 'extend', isChanging: true, answersRows: true, data };

/** `action=extend`: an agent keeps a claimed call longer. */
export const extendAction: ActionDefinition = {
  name: 'extend',
  scope: 'write',
  isChanging: true,
  summary: 'Keep a claimed call longer',
  description: 'The lease then ends lease_seconds from now.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(extendedExample),
  examples: { 'Keep a call for half an hour': { data: { id: 1, agent: 'ana', lease_seconds: 1800 } } },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const agent = agentOf(reading.draft.agent, request.credential, reading);
    const { id, lease_seconds: leaseSeconds = DEFAULT_LEASE_SECONDS } = reading.settle();
    const command = { kind: 'extend', id, agent, leaseSeconds } as const;
    return carryOutOnCalls({ action: 'extend', command, request, reading, agent }, parts);
  },
};
