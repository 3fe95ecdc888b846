import type { ActionDefinition } from './action.ts';
import { agentArgument, agentOf } from './agent-of.ts';
import { type ActionArguments, filters, optional, parameterSchemas } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { claimedExample } from './example-call.ts';
import { wholeNumber } from './field-types.ts';
import { DEFAULT_LEASE_SECONDS, leaseArgument } from './lease.ts';
import { messages } from './messages.ts';
import { readArguments } from './read-arguments.ts';
import { rowsAnswer } from './rows-answer.ts';

const data = {
  agent: agentArgument,
  id: optional(wholeNumber(1), 'This call: any pending one, due or not.'),
  filters: filters('Instead of id: the best due manual call that matches; none given: of all.'),
  lease_seconds: leaseArgument,
};

const spec: ActionArguments<typeof data> = { action: 'claim', isChanging: true, answersRows: true, data };

/** `action=claim`: an agent takes the best call there is, or a certain one. */
export const claimAction: ActionDefinition = {
  name: 'claim',
  scope: 'write',
  isChanging: true,
  summary: 'Claim a call',
  description:
    'Without id: the due manual call that is first by priority, then by how long it has been due; no results when there is none. With id: that call. It becomes inprogress for the agent until the lease runs out. Claiming a call that one holds renews the lease; one that another holds is a 409 that names holder and time.',
  parameters: parameterSchemas(spec),
  answer: rowsAnswer(claimedExample),
  examples: {
    'Claim the best due call of a queue': { data: { agent: 'ana', filters: { destination: 'sales' } } },
    'Claim a certain call for half an hour': { data: { agent: 'ana', id: 1, lease_seconds: 1800 } },
  },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const { draft } = reading;
    const agent = agentOf(draft.agent, request.credential, reading);
    if (draft.id !== undefined && draft.filters !== undefined) reading.report(messages.notTogether('id', 'filters'));
    const { id, filters: given, lease_seconds: leaseSeconds = DEFAULT_LEASE_SECONDS } = reading.settle();
    // The writer leaves out what the token may not see, also without any filter.
    const choose = id === undefined ? { filter: given?.filter ?? {} } : { id };
    const command = { kind: 'claim', agent, leaseSeconds, choose } as const;
    return carryOutOnCalls({ action: 'claim', command, request, reading, agent }, parts);
  },
};
