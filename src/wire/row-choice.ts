import type { RowChoice } from '../core/call-command.ts';
import { type Argument, filters, type GivenFilters, optional } from './arguments.ts';
import { MOST_CALLS } from './call-list.ts';
import { text, wholeNumber } from './field-types.ts';
import { oneOrMany } from './list-types.ts';
import { messages } from './messages.ts';
import type { Reading } from './read-arguments.ts';

type RowArguments = {
  ids: Argument<readonly number[]>;
  project_id: Argument<number>;
  external_ids: Argument<readonly string[]>;
  filters: Argument<GivenFilters>;
  expect: Argument<number>;
};

/** The three ways of naming calls. */
export const rowArguments: RowArguments = {
  ids: optional(oneOrMany(wholeNumber(1), MOST_CALLS), 'The calls, by their ids.'),
  project_id: optional(wholeNumber(1), 'Goes with external_ids.'),
  external_ids: optional(
    oneOrMany(text(191), MOST_CALLS),
    'The calls, by your own ids in project_id: of each the open calls; when none is open, the one made last.',
  ),
  filters: filters('The calls that match, if there are exactly expect.'),
  expect: optional(wholeNumber(0, MOST_CALLS), 'How many calls the filters are believed to match.'),
};

/** Which calls a request is about; what is wrong with the choice is reported. */
export function rowChoiceOf(reading: Reading<RowArguments>, allowedProjectIds: readonly number[] | null): RowChoice {
  const { ids = [], project_id: projectId, external_ids: externalIds = [], filters: given, expect } = reading.draft;
  const ways: RowChoice[] = [];
  if (ids.length > 0) ways.push({ ids });
  if (externalIds.length > 0 || projectId !== undefined) ways.push({ projectId: projectId ?? 0, externalIds });
  if (given !== undefined || expect !== undefined) ways.push({ filter: given?.filter ?? {}, expect: expect ?? 0 });
  const [way, other] = ways;
  // What could not be read is reported already.
  if (reading.isWrong) return { ids: [] };
  if (way === undefined) reading.report(messages.missingRows());
  else if (other !== undefined) reading.report(messages.notTogether(nameOf(way, given), nameOf(other, given)));
  else if ('externalIds' in way) {
    if (projectId === undefined) reading.report(messages.missingValue('project_id'));
    else if (externalIds.length === 0) reading.report(messages.missingValue('external_ids'));
    else if (allowedProjectIds !== null && !allowedProjectIds.includes(projectId)) {
      reading.forbid(messages.projectNotAllowed(projectId));
    }
  } else if ('expect' in way) {
    if (given === undefined) reading.report(messages.missingValue('filters'));
    // A variable that is null in somebody's program must not turn a choice into everything.
    else if (!given.isApplied) reading.report(messages.noFilterApplied());
    if (expect === undefined) reading.report(messages.missingValue('expect'));
  }
  return way ?? { ids: [] };
}

function nameOf(way: RowChoice, given: GivenFilters | undefined): string {
  if ('ids' in way) return 'ids';
  if ('externalIds' in way) return way.externalIds.length > 0 ? 'external_ids' : 'project_id';
  return given === undefined ? 'expect' : 'filters';
}
