import { filterDefinitions } from './filters.ts';
import type { JsonSchema } from './json-schema.ts';
import { readTypes } from './read-request.ts';

/** The parameters of a read, from the tables that check them. */
export const readParameterSchemas: Readonly<Record<string, JsonSchema>> = {
  page: {
    ...readTypes.page.schema,
    default: 1,
    description: 'Raise it until current_page reaches max_page. Beyond the last page results are empty.',
  },
  page_size: { ...readTypes.page_size.schema, default: 100, description: 'How many rows an answer holds at most.' },
  filters: {
    type: 'object',
    description:
      'Combined with AND; a list of values is OR. A filter that is null, an empty text or an empty list is not applied.',
    properties: Object.fromEntries(
      [...filterDefinitions].map(([name, { description, schema }]) => [name, { ...schema, description }]),
    ),
    additionalProperties: false,
  },
  sort: {
    ...readTypes.sort.schema,
    default: 'id',
    description: 'With `-` in front descending; null comes last, ties are in order of id.',
  },
  with: {
    ...readTypes.with.schema,
    description: 'Members that move with the clock and so are answered only on demand.',
  },
  time_format: {
    ...readTypes.time_format.schema,
    default: 'local',
    description:
      'local: `Y-m-d H:i:s` in the time zone of the installation. rfc3339: with the offset, in answers and requests.',
  },
  cursor: {
    type: 'string',
    description:
      'For a complete extraction: empty to start, then next_cursor of the answer before, until that is null. Goes with page_size, not with page nor with another sort than id.',
  },
};

const figure: JsonSchema = { type: 'integer', minimum: 0 };

export const readPaginationSchema: JsonSchema = {
  anyOf: [
    {
      type: 'object',
      description: 'Without a cursor.',
      properties: {
        row_count: { ...figure, description: 'How many calls match.' },
        page_size: figure,
        current_page: figure,
        max_page: { ...figure, description: 'At least 1.' },
      },
      required: ['row_count', 'page_size', 'current_page', 'max_page'],
      additionalProperties: false,
    },
    {
      type: 'object',
      description: 'With a cursor.',
      properties: {
        row_count: { ...figure, description: 'How many calls match, those already answered included.' },
        page_size: figure,
        next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Null at the end.' },
      },
      required: ['row_count', 'page_size', 'next_cursor'],
      additionalProperties: false,
    },
  ],
};
