import type { Call } from '../core/call.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { type ActionDefinition, noPaginationSchema } from './action.ts';
import { EXAMPLE_TIME_ZONE } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { type RowStyle, rowOf } from './row.ts';

/** How the answer of an action that answers calls is described; `call` as an installation with the example call has it. */
export function rowsAnswer(call: Call): ActionDefinition['answer'] {
  return answerOf({ $ref: '#/components/schemas/Call' }, () => [rowOf(call, exampleStyle())]);
}

/** How the answer of an action that does not page is described. */
export function answerOf(results: JsonSchema, example: () => readonly unknown[]): ActionDefinition['answer'] {
  return {
    results,
    pagination: noPaginationSchema,
    example: () => ({ has_error: false, messages: [], pagination: [], results: example() }),
  };
}

export function exampleStyle(): RowStyle {
  return { timeZone: createTimeZone(EXAMPLE_TIME_ZONE), timeFormat: 'local' };
}
