import type { ActionDefinition } from './action.ts';
import { parameterSchemas } from './arguments.ts';
import { carryOutOnCalls } from './carry-out.ts';
import { updatedExample } from './example-call.ts';
import { rowsAnswer } from './rows-answer.ts';
import { readUpdate, updateArguments } from './update-request.ts';

/** `action=update`: changes fields of pending calls, all or none. */
export const updateAction: ActionDefinition = {
  name: 'update',
  scope: 'write',
  isChanging: true,
  summary: 'Change pending calls',
  description:
    'Only the fields that are given change; null is as good as not given, an empty text clears or gives the default. With one bad row nothing changes. A 409 `changed_since` carries the row as it is now in `errors[].call`.',
  parameters: parameterSchemas(updateArguments),
  answer: rowsAnswer(updatedExample),
  examples: {
    'Call sooner, unless somebody changed the call meanwhile': {
      data: { calls: [{ id: 1, priority: 50, schedule: '', expected_updated_at: '2026-11-23 10:00:00' }] },
    },
  },
  async run(request, parts) {
    const { command, reading } = readUpdate(request, parts);
    return carryOutOnCalls({ action: 'update', command, request, reading }, parts);
  },
};
