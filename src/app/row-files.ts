import type { Settings } from '../config.ts';
import type { NewCall } from '../core/call-store.ts';
import { systemClock } from '../core/clock.ts';
import { createTimeZone } from '../core/time-zone.ts';
import { parseImportedRow } from '../wire/imported-row.ts';
import { type ExportPiece, exportCalls } from '../wire/row-file/export-calls.ts';
import type { FileRow } from '../wire/row-file/file-row.ts';
import { readRows } from '../wire/row-file/read-rows.ts';
import { formatOfName, ROW_FORMATS, type RowFormat } from '../wire/row-file/row-format.ts';
import { sourceOf } from '../wire/row-file/write-rows.ts';
import { projectsOf } from './open-store.ts';

/** What the command line needs to know of files of rows. */
export { type ExportPiece, exportCalls, type FileRow, formatOfName, ROW_FORMATS, type RowFormat, readRows, sourceOf };

/** Makes calls of the rows of a file, or tells in sentences what is wrong with them. */
export function createRowParser(
  settings: Settings,
  options: { keepIds: boolean; defaultProjectId: number | undefined },
): (row: FileRow) => NewCall | readonly string[] {
  const context = {
    ...options,
    projects: projectsOf(settings),
    timeZone: createTimeZone(settings.timezone),
    now: systemClock.now(),
  };
  return ({ members }) => {
    const result = parseImportedRow(members, context);
    return Array.isArray(result) ? result.map(({ message }) => message) : (result as NewCall);
  };
}
