import { Type } from 'typebox';
import { missedCallsSchema, routeOverrides } from './missed-call-schema.ts';
import { country, numberText, type SettingFacts, text, wholeNumber } from './setting-types.ts';

/** One of `projects`. */
export const projectSchema = Type.Object(
  {
    id: wholeNumber(1, Number.MAX_SAFE_INTEGER, {
      description: 'Number of the project; `project_id` of its calls.',
      default: 1,
      defaultText: 'must be given',
    }),
    name: Type.Optional(
      text({
        maxLength: 100,
        description: 'Name for people.',
        allowed: 'a text of 1 to 100 characters',
        defaultText: '`Project` and its number',
      }),
    ),
    country: Type.Optional(
      country({
        description: 'Country whose national numbers the calls of this project use.',
        defaultText: 'the setting `country`',
      }),
    ),
    allowed_countries: Type.Optional(
      Type.Array(country({ description: 'A country.' }), {
        maxItems: 300,
        description:
          'Countries whose numbers may be dialled without anybody looking at them, fixed and mobile numbers only. A missed call is an order by a stranger: from elsewhere it is always `manual`.',
        allowed: 'a list of countries in two capital letters, such as [RO, DE]',
        defaultText: 'its own country',
      } satisfies SettingFacts & { maxItems: number }),
    ),
    missed_calls: missedCallsSchema,
  },
  { additionalProperties: false },
);

/** One of `inbound_routes`. */
export const inboundRouteSchema = Type.Object(
  {
    id: wholeNumber(1, Number.MAX_SAFE_INTEGER, {
      description: 'Number of the route; `inbound_route_id` of the calls that came by it.',
      default: 1,
      defaultText: 'must be given',
    }),
    did: Type.Optional(
      numberText({
        description: 'The number that customers dial, in any form.',
        defaultText: 'every number that has no route of its own',
      }),
    ),
    project: wholeNumber(1, Number.MAX_SAFE_INTEGER, {
      description: 'Number of the project that the calls belong to.',
      default: 1,
      defaultText: 'must be given',
    }),
    ...routeOverrides,
  },
  { additionalProperties: false },
);
