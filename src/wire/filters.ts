import {
  ASSIGN_TYPES,
  ATTEND_TYPES,
  type Filters,
  GATES,
  OUTBOUND_TYPES,
  RESULTS,
  SOURCES,
  STATUSES,
} from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import {
  boolean,
  dateTime,
  type FieldContext,
  type FieldType,
  type Mistake,
  phoneNumber,
  text,
  wholeNumber,
  word,
} from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';
import { between, oneOrMany } from './list-types.ts';
import type { Parameter } from './parameter.ts';

/** One filter of the API: what it means and how it is read. */
export interface FilterDefinition {
  /** One sentence, for the description of the API and the help of the command line. */
  description: string;
  schema: JsonSchema;
  /** Puts the value into the draft; answers what is wrong with it, if anything. */
  read(value: Parameter, context: FieldContext, draft: FilterDraft): readonly Mistake[];
}

/** A filter in the making: numbers can be normalised only when it is known whose projects are asked for. */
export interface FilterDraft {
  filter: { -readonly [K in keyof CallFilter]: CallFilter[K] };
  numbers: Map<'callerNumbers' | 'dnidNumbers' | 'outboundNumbers', readonly string[]>;
}

const ids = oneOrMany(wholeNumber(1));
const texts = oneOrMany(text(255));

/** Every filter there is, by the name that travels. */
const definitions: Record<keyof Filters, FilterDefinition> = {
  date_between: filter('createdAt', between, 'Created from the first to the second, both included.'),
  schedule_lt: filter(
    'scheduledUntil',
    dateTime('last'),
    'Scheduled at or before; calls without a schedule only if schedule_null is also true.',
  ),
  schedule_null: {
    description:
      'true: calls without a schedule; together with schedule_lt it lets them through as well. false: not applied.',
    schema: boolean.schema,
    read: (value, context, { filter: draft }) =>
      take(boolean, value, context, (isTrue) => {
        if (isTrue) draft.withoutSchedule = true;
      }),
  },
  caller_id: numbers('callerNumbers', 'The number to dial.'),
  dnid: numbers('dnidNumbers', 'The number used for the call; for a missed call the number dialled by the customer.'),
  outbound_number: numbers('outboundNumbers', 'The number shown to the recipient.'),
  project_id: filter('projectIds', ids, 'The project.'),
  inbound_route_id: filter('inboundRouteIds', oneOrMany(wholeNumber(0)), 'The route of a call that came in.'),
  outbound_type: filter('outboundTypes', oneOrMany(word(OUTBOUND_TYPES)), 'Who starts the dialling.'),
  attend_type: filter('attendTypes', oneOrMany(word(ATTEND_TYPES)), 'Whether the agent is rung first.'),
  external_id: filter('externalIds', texts, 'Your own id of the call, exactly.'),
  assign_type: filter(
    'assignTypes',
    oneOrMany(word(ASSIGN_TYPES)),
    'Assigned to a queue, to a user, or to neither (no_queue).',
  ),
  campaign: filter('campaigns', texts, 'Equals campaign_name or campaign_info.'),
  status: filter(
    'statuses',
    oneOrMany(word(STATUSES, { 'in progress': 'inprogress' })),
    'Where the call is in its life; not given: every call, deleted ones too.',
  ),
  id: filter('ids', ids, 'The call itself.'),
  source: filter('sources', oneOrMany(word(SOURCES)), 'How the call got into the list.'),
  last_result: filter('lastResults', oneOrMany(word(RESULTS)), 'What became of the last attempt.'),
  status_reason: filter('statusReasons', texts, 'Why the call has its status, a short code.'),
  destination: filter('destinations', texts, 'Name of the queue, user or context.'),
  claimed_by: filter('claimedBy', texts, 'The agent who works on it.'),
  due: filter('due', boolean, 'true: pending, and schedule and retry pause have passed. false: all others.'),
  waiting_for: filter('waitingFor', oneOrMany(word(GATES)), 'Why the call is not being dialled right now.'),
  search: filter(
    'search',
    text(100, 3),
    'Last digits of caller_id, beginning of a word of caller_id_name, or external_id.',
  ),
  updated_between: filter('updatedAt', between, 'Changed from the first to the second, both included.'),
};

/** A map, so that names such as `__proto__` or `constructor` find nothing. */
export const filterDefinitions: ReadonlyMap<string, FilterDefinition> = new Map(Object.entries(definitions));

function filter<K extends keyof CallFilter>(
  member: K,
  type: FieldType<NonNullable<CallFilter[K]>>,
  description: string,
): FilterDefinition {
  return {
    description,
    schema: type.schema,
    read: (value, context, draft) =>
      take(type, value, context, (parsed) => {
        draft.filter[member] = parsed;
      }),
  };
}

function numbers(member: 'callerNumbers' | 'dnidNumbers' | 'outboundNumbers', description: string): FilterDefinition {
  const type = oneOrMany(phoneNumber);
  return {
    description: `${description} Compared as a number: notation does not matter.`,
    schema: type.schema,
    read: (value, context, draft) =>
      take(type, value, context, (parsed) => {
        draft.numbers.set(member, parsed);
      }),
  };
}

function take<T>(
  type: FieldType<T>,
  value: Parameter,
  context: FieldContext,
  put: (parsed: T) => void,
): readonly Mistake[] {
  const parsed = type.parse(value, context);
  if (parsed.mistakes !== undefined) return parsed.mistakes;
  put(parsed.value);
  return [];
}
