import {
  ATTEND_TYPES,
  type CallFields,
  DESTINATION_TYPES,
  OUTBOUND_TYPES,
  type SharedCallFields,
} from '../../client/src/contract.ts';
import type { CallContent } from '../core/call-life.ts';
import { LEAST_PRIORITY, LONGEST_NAME, MOST_PRIORITY, MOST_RETRIES } from '../core/call-limits.ts';
import { dialableNumber, pbxName, shownNumber, variables } from './call-field-types.ts';
import { dateTime, type FieldType, text, wholeNumber, word } from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';

/** A field of a call that its owner sets: how it is read, described, stored. */
export interface CallField {
  member: keyof CallContent;
  type: FieldType<unknown>;
  description: string;
  /** What an empty text means, and what a new call has that does not name the field; undefined: must be given. */
  cleared: unknown;
}

/** Fields that the header of a save may name for all its calls. */
const shared: Record<keyof SharedCallFields, CallField> = {
  type: field('type', word(DESTINATION_TYPES), null, 'What destination names; the two go together.'),
  destination: field('destination', pbxName, null, 'Name of the queue, user or context that the call is for.'),
  campaign_name: field('campaignName', text(255), null, 'The campaign.'),
  campaign_info: field('campaignInfo', text(255), null, 'More about the campaign.'),
  outbound_type: field('outboundType', word(OUTBOUND_TYPES), 'manual', 'Dialled by itself (auto), or by an agent.'),
  attend_type: field('attendType', word(ATTEND_TYPES), 'attended', 'Who is rung first: the agent, or the customer.'),
  outbound_number: field('outboundNumber', shownNumber, null, 'The number shown to the recipient.'),
  outbound_trunk: field('outboundTrunk', pbxName, null, 'The provider to use.'),
};

const all: Record<keyof CallFields, CallField> = {
  caller_id: field('callerId', dialableNumber, undefined, 'Whom to call: 3 to 20 digits, at most 15 after a +.'),
  caller_id_name: field('callerIdName', text(LONGEST_NAME), null, 'Their name.'),
  priority: field('priority', wholeNumber(LEAST_PRIORITY, MOST_PRIORITY), 0, 'Higher is dialled first.'),
  schedule: field('schedule', dateTime('first'), null, 'Not before this; empty: as soon as possible.'),
  external_id: field('externalId', text(191), null, 'Your own id: an open call with it and this number exists once.'),
  max_retries: field('maxRetries', wholeNumber(0, MOST_RETRIES), 0, 'Attempts allowed beyond the first.'),
  vars: field('vars', variables, Object.freeze({}), 'Variables for the PBX; at most 8 KiB as JSON.'),
  ...shared,
};

/** Maps, so that names such as `constructor` find nothing. */
export const sharedFields: ReadonlyMap<string, CallField> = new Map(Object.entries(shared));
export const callFields: ReadonlyMap<string, CallField> = new Map(Object.entries(all));

/** What a new call has whose fields are not given; `callerId` must be. */
export const EMPTY_CONTENT = Object.freeze(
  Object.fromEntries(
    [...callFields.values()].map(({ member, cleared }) => [member, cleared === undefined ? '' : cleared]),
  ),
) as unknown as Readonly<CallContent>;

export function fieldSchemas(fields: ReadonlyMap<string, CallField>): Record<string, JsonSchema> {
  return Object.fromEntries(
    [...fields].map(([name, { type, cleared, description }]) => [
      name,
      cleared === undefined
        ? { ...type.schema, description }
        : { anyOf: [type.schema, { const: '' }, { type: 'null' }], description },
    ]),
  );
}

function field<T>(
  member: keyof CallContent,
  type: FieldType<T>,
  cleared: NoInfer<T> | null | undefined,
  description: string,
): CallField {
  return { member, type, cleared, description };
}
