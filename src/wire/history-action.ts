import { CALL_EVENTS, type HistoryRow, STATUSES } from '../../client/src/contract.ts';
import type { HistoryEntry } from '../core/call-command.ts';
import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas, required } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import { exampleCall } from './example-call.ts';
import { wholeNumber } from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';
import { inData, messages } from './messages.ts';
import { readArguments } from './read-arguments.ts';
import { Refusal } from './refusal.ts';
import { type RowStyle, timeOf } from './row.ts';
import { answerOf, exampleStyle } from './rows-answer.ts';

const data = { id: required(wholeNumber(1), 'The call.') };

const spec: ActionArguments<typeof data> = { action: 'history', isChanging: false, takesBeside: true, data };

const status: JsonSchema = { anyOf: [{ enum: STATUSES }, { type: 'null' }] };

const historySchema: JsonSchema = {
  type: 'object',
  description: 'One thing that happened to the call.',
  properties: {
    at: { type: 'string', description: 'When. As time_format says.' },
    actor: { type: 'string', description: 'Who did it: a token, an agent, the system.' },
    event: { enum: CALL_EVENTS, description: 'What happened.' },
    from: { ...status, description: 'The status before; null: there was none.' },
    to: { ...status, description: 'The status after.' },
    reason: { type: ['string', 'null'], description: "A short code, or a person's words." },
    facts: { type: 'object', description: 'What else is known: disposition, note, the fields that were changed.' },
  },
  required: ['at', 'actor', 'event', 'from', 'to', 'reason', 'facts'],
};

/** `action=history`: everything that happened to one call, oldest first. */
export const historyAction: ActionDefinition = {
  name: 'history',
  scope: 'read',
  isChanging: false,
  summary: 'Read the history of a call',
  description: 'Everything that happened to it, oldest first: attempts, notes, status changes, and by whom.',
  parameters: parameterSchemas(spec),
  answer: answerOf(historySchema, () => [
    historyRow(
      {
        at: exampleCall.createdAt,
        actor: 'token CRM',
        event: 'created',
        from: null,
        to: 'pending',
        reason: null,
        facts: {},
      },
      exampleStyle(),
    ),
  ]),
  examples: { 'The history of a call': { data: { id: 1 } } },
  async run(request, parts) {
    const reading = readArguments(request, parts, spec);
    const { id } = reading.settle();
    const entries = await parts.queue.history(id, request.credential.projectIds);
    if (entries === undefined) throw new Refusal(404, [inData(messages.unknownCall(id))]);
    return successAnswer(
      null,
      entries.map((entry) => historyRow(entry, reading.style)),
    );
  },
};

function historyRow({ at, actor, event, from, to, reason, facts }: HistoryEntry, style: RowStyle): HistoryRow {
  return { at: timeOf(at, style), actor, event, from, to, reason, facts: factsOf(facts, style) };
}

/** Facts that are instants, by their names; all others are answered as they were kept. */
const INSTANTS: readonly string[] = ['missed_at', 'reached_at'];

function factsOf(facts: HistoryEntry['facts'], style: RowStyle): HistoryRow['facts'] {
  const shown = Object.entries(facts).map(([name, value]) => [
    name,
    INSTANTS.includes(name) && typeof value === 'number' ? timeOf(value, style) : value,
  ]);
  return Object.fromEntries(shown);
}
