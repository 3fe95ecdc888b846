import type { PagePagination, Row } from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import { createApi } from '../wire/api.ts';
import type { Credential } from '../wire/credential.ts';
import { wholeBody } from '../wire/envelope.ts';
import type { Parameter, ParameterMap } from '../wire/parameter.ts';
import { parseFilters } from '../wire/parse-filters.ts';
import { Refusal } from '../wire/refusal.ts';
import type { OpenQueue } from './open-queue.ts';

export interface ListedPage {
  results: Row[];
  pagination: PagePagination;
}

/** Whoever can read the database file may see everything in it. */
const OPERATOR: Credential = { tokenId: 0, name: 'command line', scope: 'admin', projectIds: null, agent: null };

/**
 * A page of calls, asked for and answered as by `action=read`.
 * @throws Refusal with everything that is wrong with the parameters
 */
export async function listCalls(
  { queue, projects, timeZone }: OpenQueue,
  parameters: Readonly<Record<string, Parameter>>,
): Promise<ListedPage> {
  const api = createApi({ queue, projects, timeZone });
  const request = new Map<string, Parameter>(Object.entries({ action: 'read', ...parameters }));
  const body = wholeBody(await api.handle({ credential: OPERATOR, parameters: request }));
  return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString());
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
