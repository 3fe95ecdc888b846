import { type ChangesPagination, ROW_MEMBERS } from '../../client/src/contract.ts';
import type { ActionDefinition } from './action.ts';
import { parameterSchemas } from './arguments.ts';
import { changesArguments, readChangesRequest } from './changes-request.ts';
import { successAnswer } from './envelope.ts';
import { exampleCall } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { rowOf } from './row.ts';
import { rowSchema } from './row-schema.ts';
import { exampleStyle } from './rows-answer.ts';

const changeSchema: JsonSchema = {
  type: 'object',
  description: 'A call that changed, as it is now.',
  properties: {
    ...rowSchema.properties,
    sequence: { type: 'integer', minimum: 1, description: 'Grows with every change.' },
    matches: { type: 'boolean', description: 'Only with filters: whether the call matches them now.' },
  },
  required: [...ROW_MEMBERS, 'sequence'],
};

const paginationSchema: JsonSchema = {
  type: 'object',
  properties: {
    next_since: { type: 'integer', minimum: 0, description: 'The next since.' },
    more: { type: 'boolean', description: 'Whether there was more than the limit.' },
    reset: {
      const: true,
      description:
        'Changes after since are no longer kept, or never were: read all calls again, then go on with next_since.',
    },
  },
  required: ['next_since', 'more'],
};

/** `action=changes`: what changed since, in order of change. A client that polls it misses nothing. */
export const changesAction: ActionDefinition = {
  name: 'changes',
  scope: 'read',
  isChanging: false,
  summary: 'Read what changed',
  description:
    'The calls that changed after since, each as it is now, in order of change. Go on with next_since: nothing is missed. The passing of time changes nothing, so that waiting_for makes no entries.',
  parameters: parameterSchemas(changesArguments),
  answer: {
    results: changeSchema,
    pagination: paginationSchema,
    example: () => ({
      has_error: false,
      messages: [],
      pagination: { next_since: 1, more: false } satisfies ChangesPagination,
      results: [{ ...rowOf(exampleCall, exampleStyle()), sequence: 1 }],
    }),
  },
  examples: {
    'From the beginning': {},
    'What came after a change that is known': { data: { since: 1, limit: 100, filters: { project_id: 1 } } },
  },
  async run(request, parts) {
    const { since = 0, limit, filter, projectIds, rowOf: changeRow } = readChangesRequest(request, parts);
    const page = await parts.queue.changes({ since, limit, filter, projectIds });
    const pagination: ChangesPagination = {
      next_since: page.nextSince,
      more: page.more,
      ...(page.reset && { reset: true }),
    };
    return successAnswer(
      pagination,
      page.entries.map((entry) => changeRow(entry, page.moment)),
    );
  },
};
