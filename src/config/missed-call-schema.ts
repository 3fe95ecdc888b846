import { Type } from 'typebox';
import { ATTEND_TYPES, DESTINATION_TYPES, MISSED_KINDS, OUTBOUND_TYPES } from '../../client/src/contract.ts';
import { LEAST_PRIORITY, MOST_PRIORITY, MOST_RETRIES } from '../core/call-limits.ts';
import { type Fallback, numberText, pbxName, type SettingFacts, wholeNumber, word } from './setting-types.ts';

/** What becomes of missed calls: settings of a project, and of an inbound route, which may set most of them otherwise. */

const MOST_DAYS_LATER = 30;

const outboundType = (fallback: Fallback<'manual'>) =>
  word(OUTBOUND_TYPES, {
    description:
      'Who calls back: an agent (`manual`), or the dialler by itself (`auto`), and then only numbers of allowed countries.',
    ...fallback,
  });

const attendType = (fallback: Fallback<'attended'>) =>
  word(ATTEND_TYPES, { description: 'Who is rung first: the agent, or the customer.', ...fallback });

const type = (fallback: { defaultText: string }) =>
  word(DESTINATION_TYPES, { description: 'What `destination` names; the two go together.', ...fallback });

const destination = (fallback: { defaultText: string }) =>
  pbxName({ description: 'Name of the queue, user or context that the calls are for.', ...fallback });

const priority = (fallback: Fallback<number>) =>
  wholeNumber(LEAST_PRIORITY, MOST_PRIORITY, { description: 'Higher is dialled first.', ...fallback });

const maxRetries = (fallback: Fallback<number>) =>
  wholeNumber(0, MOST_RETRIES, { description: 'Attempts allowed beyond the first.', ...fallback });

const outboundNumber = (fallback: { defaultText: string }) =>
  numberText({ description: 'The number that the customer sees.', ...fallback });

const scheduleAfter = (fallback: { defaultText: string }) =>
  wholeNumber(0, MOST_DAYS_LATER * 24 * 3600, {
    description: 'Seconds after the miss before which nobody is called back.',
    unit: 'seconds',
    ...fallback,
  });

const NONE = { defaultText: 'none' };

/** `projects[].missed_calls` */
export const missedCallsSchema = Type.Object(
  {
    kinds: Type.Array(word(MISSED_KINDS, { description: 'A way of being missed.' }), {
      maxItems: 100,
      description: 'Which kinds of missed calls come into the list.',
      allowed: `a list of ${MISSED_KINDS.join(', ')}`,
      default: [...MISSED_KINDS],
      defaultText: 'all',
    } satisfies SettingFacts & { maxItems: number }),
    shortest_wait_seconds: wholeNumber(0, 3600, {
      description: 'Who gave up sooner is no missed call.',
      default: 0,
      unit: 'seconds',
    }),
    outbound_type: outboundType({ default: 'manual' }),
    attend_type: attendType({ default: 'attended' }),
    type: Type.Optional(type(NONE)),
    destination: Type.Optional(destination(NONE)),
    priority: priority({ default: 0 }),
    max_retries: maxRetries({ default: 0 }),
    outbound_number: Type.Optional(outboundNumber(NONE)),
    schedule_after: Type.Optional(scheduleAfter({ defaultText: 'none: as soon as possible' })),
    auto_per_minute: wholeNumber(0, 10_000, {
      description:
        'So many missed calls a minute become `auto`; those above it become `manual`, as a flood of strangers is not to become a flood of calls.',
      default: 10,
    }),
  },
  { additionalProperties: false },
);

const PROJECTS = { defaultText: "the project's" };

/** What an inbound route may set otherwise than its project. */
export const routeOverrides = {
  type: Type.Optional(type(PROJECTS)),
  destination: Type.Optional(destination(PROJECTS)),
  outbound_type: Type.Optional(outboundType(PROJECTS)),
  attend_type: Type.Optional(attendType(PROJECTS)),
  priority: Type.Optional(priority(PROJECTS)),
  max_retries: Type.Optional(maxRetries(PROJECTS)),
  outbound_number: Type.Optional(outboundNumber(PROJECTS)),
  schedule_after: Type.Optional(scheduleAfter(PROJECTS)),
};
