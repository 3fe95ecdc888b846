import type { Row, SuccessEnvelope } from '../../client/src/contract.ts';
import { createTimeZone } from '../core/time-zone.ts';
import type { ActionDefinition, ActionRequest, ApiParts } from './action.ts';
import { formatCursor } from './cursor.ts';
import { type Answer, type Pagination, renderedAnswer, successAnswer } from './envelope.ts';
import { EXAMPLE_TIME_ZONE, exampleCall } from './example-call.ts';
import { parseReadRequest, type ReadRequest } from './read-request.ts';
import { readPaginationSchema, readParameterSchemas } from './read-schemas.ts';
import { rowOf, rowWithWaitingFor } from './row.ts';

/** Pages further than this are beyond any list; asking the store for them would only overflow its arithmetic. */
const LAST_PAGE = 1_000_000_000;

/** `action=read`: a page of the calls that match, or the next piece of all of them. */
export const readAction: ActionDefinition = {
  name: 'read',
  scope: 'read',
  isChanging: false,
  summary: 'Read calls',
  description:
    'Answers the calls that match all filters, a page at a time. Without filters: every call, deleted ones too.',
  parameters: readParameterSchemas,
  answer: {
    results: { $ref: '#/components/schemas/Call' },
    pagination: readPaginationSchema,
    example: () => exampleAnswer(),
  },
  examples: {
    'The first page of what is waiting': { page: 1, filters: { status: 'pending' } },
    'Two weeks of a campaign, newest first': {
      sort: '-created_at',
      filters: { date_between: ['2026-11-10 00:00:00', '2026-11-23 23:59:59'], campaign: 'autumn' },
    },
    'Why due calls are not being dialled': { with: ['waiting_for'], filters: { due: true }, time_format: 'rfc3339' },
    'The beginning of a complete extraction': { cursor: '', page_size: 1000 },
  },
  run: async (request, parts) => prepareRead(request, parts)(),
};

/**
 * Reads the parameters once, for any number of answers.
 * @throws Refusal as `parseReadRequest`
 */
export function prepareRead({ credential, parameters }: ActionRequest, parts: ApiParts): () => Promise<Answer> {
  const { queue, projects, timeZone } = parts;
  const request = parseReadRequest(parameters, { timeZone, projects, allowedProjectIds: credential.projectIds });
  const { filter, sort, pageSize, timeFormat } = request;
  const at = 'page' in request.at ? { page: Math.min(request.at.page, LAST_PAGE) } : request.at;
  const question = { filter, sort, limit: pageSize, at };

  if (timeFormat === 'local' && request.with.length === 0) {
    return async () => {
      const page = await queue.readRendered(question);
      return renderedAnswer(paginationOf(request, page), page.json);
    };
  }
  return async () => {
    const { rowCount, calls, moment } = await queue.readCalls(question);
    const style = { timeZone, timeFormat };
    const rows = calls.map((call) =>
      request.with.includes('waiting_for') ? rowWithWaitingFor(call, style, moment) : rowOf(call, style),
    );
    const lastId = calls.at(-1)?.id ?? null;
    return successAnswer(paginationOf(request, { rowCount, length: calls.length, lastId }), rows);
  };
}

function paginationOf(
  { at, pageSize }: ReadRequest,
  { rowCount, length, lastId }: { rowCount: number; length: number; lastId: number | null },
): Pagination {
  if ('page' in at) {
    // At least one page, also of nothing; beyond the last page the figures stay true and the results are empty.
    const maxPage = Math.max(1, Math.ceil(rowCount / pageSize));
    return { row_count: rowCount, page_size: pageSize, current_page: at.page, max_page: maxPage };
  }
  // A full answer may have been the last one: then the next is empty. `row_count` cannot tell, calls change meanwhile.
  const isLast = lastId === null || length < pageSize || (at.afterId === 0 && length === rowCount);
  return { row_count: rowCount, page_size: pageSize, next_cursor: isLast ? null : formatCursor(lastId) };
}

/** What an installation that holds the example call alone answers to a read without filters. */
function exampleAnswer(): SuccessEnvelope<Row> {
  const style = { timeZone: createTimeZone(EXAMPLE_TIME_ZONE), timeFormat: 'local' } as const;
  return {
    has_error: false,
    messages: [],
    pagination: { row_count: 1, page_size: 100, current_page: 1, max_page: 1 },
    results: [rowOf(exampleCall, style)],
  };
}
