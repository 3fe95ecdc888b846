import type { ChangeRow } from '../../client/src/contract.ts';
import type { FeedEntry } from '../core/call-command.ts';
import type { CallFilter, Moment } from '../core/call-filter.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type ActionArguments, filters, optional } from './arguments.ts';
import { rowsOf } from './carry-out.ts';
import { wholeNumber } from './field-types.ts';
import { parseFilters } from './parse-filters.ts';
import { type Reading, readArguments } from './read-arguments.ts';

const data = {
  since: optional(wholeNumber(0), 'Sequence of the last change that you know; default 0: from the beginning.'),
  limit: optional(wholeNumber(1, 1000), 'How many changes to answer at most; default 1000.'),
  filters: filters('Leave nothing out: each row then says whether it matches now, so that a copy can drop it.'),
};

/** What the change feed takes, as action and as stream. */
export const changesArguments: ActionArguments<typeof data> = {
  action: 'changes',
  isChanging: false,
  answersRows: true,
  takesBeside: true,
  data,
};

/** What of the feed is asked for, checked. */
export interface ChangesRequest {
  /** Undefined: not said. */
  since: number | undefined;
  limit: number;
  filter: CallFilter;
  /** The only projects whose changes may be seen; null: all. */
  projectIds: readonly number[] | null;
  /** A change as it is answered; `moment` is that of the page. */
  rowOf(entry: FeedEntry, moment: Moment): ChangeRow;
}

/**
 * Reads the parameters of the change feed.
 * @throws Refusal 400 with all problems; 403 for projects that the token may not use
 */
export function readChangesRequest(
  request: ActionRequest,
  parts: Pick<ApiParts, 'timeZone' | 'projects'>,
): ChangesRequest {
  const reading = readArguments(request, parts, changesArguments);
  const { since, limit = 1000, filters: given } = reading.settle();
  const hasFilters = given?.isApplied ?? false;
  return {
    since,
    limit,
    filter: given?.filter ?? parseFilters(undefined, reading).filter,
    projectIds: request.credential.projectIds,
    rowOf: (entry, moment) => changeRow(entry, { reading, hasFilters, moment }),
  };
}

function changeRow(
  { sequence, call, matches }: FeedEntry,
  { reading, hasFilters, moment }: { reading: Reading; hasFilters: boolean; moment: Moment },
): ChangeRow {
  const [row] = rowsOf([call], reading, moment);
  return { ...row, sequence, ...(hasFilters && { matches }) } as ChangeRow;
}
