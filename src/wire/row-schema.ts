import {
  ASSIGN_TYPES,
  ATTEND_TYPES,
  DESTINATION_TYPES,
  GATES,
  OUTBOUND_TYPES,
  RESULTS,
  ROW_MEMBERS,
  type Row,
  SOURCES,
  STATUSES,
} from '../../client/src/contract.ts';
import type { JsonSchema } from './json-schema.ts';

const wholeNumber = (description: string): JsonSchema => ({ type: 'integer', description });
const text = (description: string): JsonSchema => ({ type: 'string', description });
const time = (description: string): JsonSchema => ({
  type: 'string',
  description: `${description} As time_format says.`,
});
const oneOf = (words: readonly string[], description: string): JsonSchema => ({ enum: words, description });
const orNull = ({ description = '', ...schema }: JsonSchema): JsonSchema => ({
  anyOf: [schema, { type: 'null' }],
  description,
});

const members: Record<keyof Row, JsonSchema> = {
  id: wholeNumber('Grows.'),
  project_id: wholeNumber('The project it belongs to.'),
  inbound_route_id: orNull(wholeNumber('The route of a call that came in.')),
  source: oneOf(SOURCES, 'How it got into the list.'),
  status: oneOf(STATUSES, 'Where it is in its life.'),
  status_reason: orNull(text('Why it has this status: a short code.')),
  caller_id: text('Whom to call: the number as it was given.'),
  caller_id_name: orNull(text('Their name.')),
  dnid: orNull(text('The number used for the call; for a missed call the number that the customer had dialled.')),
  outbound_number: orNull(text('The number shown to the recipient.')),
  outbound_trunk: orNull(text('The provider used.')),
  campaign_name: orNull(text('The campaign.')),
  campaign_info: orNull(text('More about the campaign.')),
  outbound_type: oneOf(OUTBOUND_TYPES, 'Dialled by itself, or by an agent.'),
  attend_type: oneOf(ATTEND_TYPES, 'Who is rung first: the agent (attended) or the customer.'),
  assign_type: oneOf(ASSIGN_TYPES, 'Derived from type: queue and user are those, no_queue is anything else.'),
  type: orNull(oneOf(DESTINATION_TYPES, 'What destination names.')),
  destination: orNull(text('The queue, user or context.')),
  priority: wholeNumber('-1000 to 1000, higher is dialled first.'),
  schedule: orNull(time('Not before this; null: as soon as possible.')),
  external_id: orNull(text('Your own id of the call.')),
  max_retries: wholeNumber('Attempts allowed beyond the first.'),
  retries: wholeNumber('Attempts used beyond the first.'),
  vars: { type: 'object', additionalProperties: { type: 'string' }, description: 'Variables for the PBX.' },
  missed_count: wholeNumber('How often the customer called in vain; 0 unless it is a missed call.'),
  first_missed_at: orNull(time('The first time.')),
  last_missed_at: orNull(time('The last time.')),
  claimed_by: orNull(text('The agent who works on it.')),
  claimed_until: orNull(time('Until when it is theirs.')),
  last_result: orNull(oneOf(RESULTS, 'What became of the last attempt.')),
  last_attempt_at: orNull(time('When that was.')),
  next_attempt_at: orNull(time('Not tried again before this.')),
  created_at: time('When it entered the list.'),
  updated_at: time('When it changed last.'),
  waiting_for: {
    description: 'Only with `with: ["waiting_for"]`. Why it is not being dialled right now; null: nothing holds it.',
    anyOf: [
      {
        type: 'object',
        properties: {
          code: { enum: GATES },
          until: orNull(time('When that ends, if it is known.')),
          text: text('The same for people.'),
        },
        required: ['code', 'until', 'text'],
      },
      { type: 'null' },
    ],
  },
};

/** A call as it is answered. */
export const rowSchema: JsonSchema = {
  type: 'object',
  description: 'A call. Members that clients do not know may be added later.',
  properties: members,
  required: ROW_MEMBERS,
};
