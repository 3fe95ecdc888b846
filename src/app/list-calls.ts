import type { PagePagination, Row } from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import type { Parameter, ParameterMap } from '../wire/parameter.ts';
import { parseFilters } from '../wire/parse-filters.ts';
import { Refusal } from '../wire/refusal.ts';
import { askApi } from './ask-api.ts';
import type { OpenQueue } from './open-queue.ts';

export interface ListedPage {
  results: Row[];
  pagination: PagePagination;
}

/**
 * A page of calls, asked for and answered as by `action=read`.
 * @throws Refusal with everything that is wrong with the parameters
 */
export function listCalls(open: OpenQueue, parameters: Readonly<Record<string, Parameter>>): Promise<ListedPage> {
  return askApi(open, { action: 'read', ...parameters });
}

/**
 * The filters of a read.
 * @throws Refusal with everything that is wrong with them
 */
export function filterOf({ projects, timeZone }: OpenQueue, filters: ParameterMap): CallFilter {
  const { filter, problems } = parseFilters(filters, {
    projects,
    timeZone,
    timeFormat: 'rfc3339',
    allowedProjectIds: null,
  });
  if (problems.length > 0) throw new Refusal(400, problems);
  return filter;
}
