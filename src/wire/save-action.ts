import { SAVE_OUTCOMES, type SavedCallRow, STATUSES } from '../../client/src/contract.ts';
import type { SavedCall } from '../core/call-command.ts';
import type { ActionDefinition } from './action.ts';
import { parameterSchemas } from './arguments.ts';
import { carryOut } from './carry-out.ts';
import { successAnswer } from './envelope.ts';
import { exampleCall } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { answerOf } from './rows-answer.ts';
import { readSave, saveArguments } from './save-request.ts';

const savedCallSchema: JsonSchema = {
  type: 'object',
  description: 'What became of one call, in the order in which they were sent.',
  properties: {
    id: { type: ['integer', 'null'], description: 'Null in a dry run for a call that would be new.' },
    external_id: { type: ['string', 'null'], description: 'Your own id of the call.' },
    caller_id: { type: 'string', description: 'The number as it was given.' },
    status: { enum: STATUSES, description: 'Where the call is in its life now.' },
    outcome: {
      enum: SAVE_OUTCOMES,
      description: 'in_progress: somebody works on it, it was left alone. unchanged: it was there already, as sent.',
    },
  },
  required: ['id', 'external_id', 'caller_id', 'status', 'outcome'],
};

/** `action=save`: puts calls into the list, all or none. */
export const saveAction: ActionDefinition = {
  name: 'save',
  scope: 'write',
  isChanging: true,
  summary: 'Save calls',
  description:
    'All or nothing: with one bad row nothing is stored, and every bad row has its message. Saving a call again whose external_id and number are those of an open call writes that call as sent: fields that are not given get their default. The same call within an hour after it was closed is left closed, unless again is true.',
  parameters: parameterSchemas(saveArguments),
  answer: answerOf(savedCallSchema, () => [savedRow({ ...exampleCall, outcome: 'created' })]),
  examples: {
    'Save two calls for a queue': {
      data: {
        project_id: 1,
        type: 'queue',
        destination: 'sales',
        campaign_name: 'autumn',
        calls: [
          { caller_id: '+44 1632 960123', caller_id_name: 'Ann Example', external_id: 'order-4711', max_retries: 2 },
          { caller_id: '+44 1632 960124', schedule: '2026-11-25 09:00:00', vars: { ORDER: '4712' } },
        ],
      },
    },
    'Check calls without storing them': {
      dry_run: true,
      data: { project_id: 1, calls: [{ caller_id: '+44 1632 960123' }] },
    },
    'Save a call so that the request can be repeated': {
      idempotency_key: '0b7c2f1e-order-4711',
      data: { project_id: 1, calls: [{ caller_id: '+44 1632 960123' }] },
    },
  },
  async run(request, parts) {
    const { command, reading } = readSave(request, parts);
    const { outcome, headers } = await carryOut({ action: 'save', command, request, reading }, parts);
    if (outcome.kind !== 'saved') throw new Error(`A save was answered with ${outcome.kind}`);
    return successAnswer(null, outcome.calls.map(savedRow), headers);
  },
};

function savedRow({ id, externalId, callerId, status, outcome }: SavedCall): SavedCallRow {
  return { id, external_id: externalId, caller_id: callerId, status, outcome };
}
