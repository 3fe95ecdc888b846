import type { EpochSeconds } from '../../core/clock.ts';
import type { TimeZone } from '../../core/time-zone.ts';
import type { QueueLogLine } from './queue-log.ts';
import type { QueueLogTableShape } from './queue-log-table-shape.ts';

export interface QueueLogRow {
  /** Undefined in a table without numbers. */
  id?: number;
  time: string | null;
  callid: string | null;
  queuename: string | null;
  event: string | null;
  [data: `data${string}`]: string | null | undefined;
}

/** What is selected of a row; nobody's text is longer than a line of the file may usefully be. */
export function selected({ order, timeText, dataColumns }: QueueLogTableShape): string {
  return [
    ...(order === 'id' ? ['id::float8 AS id'] : []),
    `${timeText} AS time`,
    ...['callid', 'queuename', 'event', ...dataColumns].map((name) => `left("${name}"::text, 1000) AS "${name}"`),
  ].join(', ');
}

/** Undefined for what is no line of the record, as in the file. */
export function lineOf(row: QueueLogRow, zone: TimeZone): QueueLogLine | undefined {
  const { callid: legId, queuename: queue, event } = row;
  if (!legId || legId.length > 300 || !event) return undefined;
  const at = instantOf(row.time ?? '', zone, legId);
  return at === undefined ? undefined : { at, legId, queue: queue ?? '', event, data: dataOf(row) };
}

/**
 * Asterisk writes local time, or UTC with `queue_log_realtime_use_gmt`; old ones wrote seconds since 1970. Of a local time
 * that comes twice the first is meant, unless the call had not begun by then: its id tells when that was.
 */
export function instantOf(text: string, zone: TimeZone, legId = ''): EpochSeconds | undefined {
  if (/^\d{9,11}(?:\.\d*)?$/.test(text)) return Math.floor(Number(text));
  const [, date, time, offset] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d*)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(text.trim()) ?? [];
  if (date === undefined || time === undefined) return undefined;
  if (offset !== undefined) return zone.parseRfc3339(`${date}T${time}${fullOffset(offset)}`);
  const first = zone.parseLocal(`${date} ${time}`, 'first');
  const began = /(?:^|-)(\d{9,11})\.\d+$/.exec(legId)?.[1];
  return first === undefined || began === undefined || first >= Number(began)
    ? first
    : zone.parseLocal(`${date} ${time}`, 'last');
}

function fullOffset(offset: string): string {
  if (/^z$/i.test(offset)) return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** One column as in the file, or five (`queue_adaptive_realtime`). */
function dataOf(row: QueueLogRow): readonly string[] {
  if (row.data) return row.data.split('|');
  const five = [row.data1, row.data2, row.data3, row.data4, row.data5].map((text) => text ?? '');
  return five.slice(0, five.findLastIndex((text) => text !== '') + 1);
}
