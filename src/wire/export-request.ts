import type { TimeFormat } from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type ActionArguments, filters, optional } from './arguments.ts';
import { word } from './field-types.ts';
import { parseFilters } from './parse-filters.ts';
import { readArguments } from './read-arguments.ts';
import { ROW_FORMATS, type RowFormat } from './row-file/row-format.ts';

const data = {
  format: optional(word(ROW_FORMATS), 'How the rows are written; default csv.'),
  filters: filters('Which calls; default: all.'),
};

/** What an export takes. It needs no more than a read. */
export const exportArguments: ActionArguments<typeof data> = {
  action: 'read',
  isChanging: false,
  takesBeside: true,
  data,
};

export interface ExportRequest {
  format: RowFormat;
  filter: CallFilter;
  timeFormat: TimeFormat;
}

/**
 * Reads the parameters of an export.
 * @throws Refusal 400 with all problems; 403 for projects that the token may not use
 */
export function readExportRequest(
  request: ActionRequest,
  parts: Pick<ApiParts, 'timeZone' | 'projects'>,
): ExportRequest {
  const reading = readArguments(request, parts, exportArguments);
  const { format = 'csv', filters: given } = reading.settle();
  // Not given, it still narrows to the projects that the token may see.
  const filter = given?.filter ?? parseFilters(undefined, reading).filter;
  return { format, filter, timeFormat: reading.timeFormat };
}
