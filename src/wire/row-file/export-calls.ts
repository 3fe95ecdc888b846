import type { TimeFormat } from '../../../client/src/contract.ts';
import type { CallFilter } from '../../core/call-filter.ts';
import type { CallQueue } from '../../core/call-queue.ts';
import type { TimeZone } from '../../core/time-zone.ts';
import { rowOf } from '../row.ts';
import type { RowFormat } from './row-format.ts';
import { createRowWriter } from './write-rows.ts';

export interface ExportOptions {
  queue: CallQueue;
  timeZone: TimeZone;
  filter: CallFilter;
  format: RowFormat;
  timeFormat: TimeFormat;
}

/** A piece of an export. */
export interface ExportPiece {
  text: string;
  /** How many rows it holds. */
  rows: number;
}

/** All matching calls as of one moment, in order of id, in pieces of some hundred rows. */
export async function* exportCalls(options: ExportOptions): AsyncGenerator<ExportPiece> {
  const { queue, filter, format, timeFormat } = options;
  const writer = createRowWriter(format);
  const style = { timeZone: withoutDoubt(options.timeZone), timeFormat };
  // With the first rows and not before them: what fails at the start fails before there is any output.
  let { head } = writer;
  for await (const calls of queue.streamCalls(filter)) {
    yield { text: head + calls.map((call) => writer.line(rowOf(call, style))).join(''), rows: calls.length };
    head = '';
  }
  if (head !== '') yield { text: head, rows: 0 };
}

/**
 * Local times, but with the offset where a clock change makes the hour come twice: a file is read again, perhaps months
 * later, and then the second of the two would become the first.
 */
function withoutDoubt(timeZone: TimeZone): TimeZone {
  return {
    ...timeZone,
    formatLocal(instant) {
      const text = timeZone.formatLocal(instant);
      return timeZone.parseLocal(text, 'first') === instant ? text : timeZone.formatRfc3339(instant);
    },
  };
}
