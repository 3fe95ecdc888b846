import type { ChangeRow } from '../../client/src/contract.ts';
import type { FeedEntry } from '../core/call-command.ts';
import type { CallFilter, Moment } from '../core/call-filter.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type ActionArguments, filters, type GivenFilters, optional } from './arguments.ts';
import { rowsOf } from './carry-out.ts';
import { wholeNumber } from './field-types.ts';
import { parseFilters } from './parse-filters.ts';
import { type Reading, readArguments } from './read-arguments.ts';

const feedFilters = filters(
  'Leave nothing out: each row then says whether it matches now, so that a copy can drop it.',
);

const data = {
  since: optional(wholeNumber(0), 'Sequence of the last change that you know; default 0: from the beginning.'),
  limit: optional(wholeNumber(1, 1000), 'How many changes to answer at most; default 1000.'),
  filters: feedFilters,
};

/** What the change feed takes as an action. */
export const changesArguments: ActionArguments<typeof data> = {
  action: 'changes',
  isChanging: false,
  answersRows: true,
  takesBeside: true,
  data,
};

const eventsData = {
  since: optional(wholeNumber(0), 'Sequence of the last change that you know; default: from now on.'),
  filters: feedFilters,
};

/** What it takes as a stream. */
export const eventsArguments: ActionArguments<typeof eventsData> = { ...changesArguments, data: eventsData };

/** Whose changes are asked for, and how they are answered. */
export interface FeedView {
  filter: CallFilter;
  /** The only projects whose changes may be seen; null: all. */
  projectIds: readonly number[] | null;
  /** A change as it is answered; `moment` is that of the page. */
  rowOf(entry: FeedEntry, moment: Moment): ChangeRow;
}

/** What of the feed is asked for, checked. */
export interface ChangesRequest extends FeedView {
  /** Undefined: not said. */
  since: number | undefined;
  limit: number;
}

export interface EventsRequest extends FeedView {
  /** Undefined: not said. */
  since: number | undefined;
  /** The same text for requests that are answered the same rows in the same form. */
  viewName: string;
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
  return { since, limit, ...viewOf(request, reading, given) };
}

/**
 * Reads the parameters of the feed as a stream.
 * @throws Refusal as `readChangesRequest`
 */
export function readEventsRequest(
  request: ActionRequest,
  parts: Pick<ApiParts, 'timeZone' | 'projects'>,
): EventsRequest {
  const reading = readArguments(request, parts, eventsArguments);
  const { since, filters: given } = reading.settle();
  const view = viewOf(request, reading, given);
  const { style, with: members } = reading;
  const viewName = JSON.stringify([view.filter, view.projectIds, given?.isApplied, style.timeFormat, members]);
  return { since, viewName, ...view };
}

function viewOf({ credential }: ActionRequest, reading: Reading, given: GivenFilters | undefined): FeedView {
  const hasFilters = given?.isApplied ?? false;
  return {
    filter: given?.filter ?? parseFilters(undefined, reading).filter,
    projectIds: credential.projectIds,
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
