import { createHash } from 'node:crypto';
import type { QueueLogRead } from './queue-log-reader.ts';
import type { TableReading } from './queue-log-table-by-id.ts';
import { lineOf, type QueueLogRow, selected } from './queue-log-table-rows.ts';

/** A place in a table whose rows have no numbers. */
export interface TimePosition {
  /** The latest time read, as it stands there; null before there was a row. */
  time: string | null;
  /** Marks of the rows of the last seconds that were read: others may still come among them. */
  seen: readonly string[];
}

/** How much earlier a row that becomes visible later may be. */
const WINDOW_SECONDS = 10;
const MOST_SEEN = 2000;

export async function endByTime(reading: TableReading): Promise<TimePosition> {
  const { sql, shape } = reading;
  const [last] = await sql.unsafe<{ time: string }[]>(
    `SELECT ${shape.timeText} AS time FROM ${shape.table} AS log WHERE "time" IS NOT NULL ORDER BY log."time" DESC LIMIT 1`,
  );
  if (last === undefined) return { time: null, seen: [] };
  const rows = await rowsFrom(reading, earlier(last.time), '>=', MOST_SEEN);
  return { time: last.time, seen: rows.map(markOf) };
}

/** Reads on behind the latest time read, and looks once more at the seconds before it. */
export async function readByTime(reading: TableReading, from: TimePosition): Promise<QueueLogRead> {
  const { zone, maxRows } = reading;
  const seen = new Set(from.seen);
  let rows = await rowsFrom(reading, from.time === null ? null : earlier(from.time), '>=', maxRows);
  let fresh = rows.findIndex((row) => !seen.has(markOf(row)));
  // The seconds before the place hold more than may be read at a time.
  while (fresh < 0 && rows.length === maxRows) {
    const [first, last] = [rows[0]?.time, rows.at(-1)?.time];
    rows = await rowsFrom(reading, last ?? null, first === last ? '>' : '>=', maxRows);
    fresh = rows.findIndex((row) => !seen.has(markOf(row)));
  }
  if (fresh < 0) return { lines: [], position: from, isAtEnd: true, isGap: false };
  const told = rows.slice(fresh);
  const times = [from.time, ...told.map(({ time }) => time)].filter((time) => time !== null);
  const time = times.reduce((latest, other) => (other > latest ? other : latest));
  const kept = new Set([...from.seen, ...told.map(markOf)]);
  return {
    lines: told.map((row) => lineOf(row, zone)).filter((line) => line !== undefined),
    position: { time, seen: [...kept].slice(-MOST_SEEN) } satisfies TimePosition,
    isAtEnd: rows.length < maxRows,
    isGap: from.time !== null && !(await hasUpTo(reading, from.time)),
  };
}

function rowsFrom({ sql, shape }: TableReading, time: string | null, is: '>=' | '>', maxRows: number) {
  return sql.unsafe<QueueLogRow[]>(
    `SELECT ${selected(shape)}
    FROM ${shape.table} AS log
    WHERE ${time === null ? '$1::text IS NULL' : `"time" ${is} $1::text::${shape.timeType}`} AND "time" IS NOT NULL
    ORDER BY log."time"
    LIMIT $2::int`,
    [time, maxRows],
  );
}

/** Everything up to the place was deleted otherwise, and so may have been what followed. */
async function hasUpTo({ sql, shape }: TableReading, time: string): Promise<boolean> {
  const [answer] = await sql.unsafe<{ found: boolean }[]>(
    `SELECT EXISTS (SELECT FROM ${shape.table} WHERE "time" <= $1::text::${shape.timeType}) AS found`,
    [time],
  );
  return answer?.found ?? false;
}

/** Some seconds before, in the same form, so that texts compare as the times do. */
function earlier(time: string): string {
  if (/^\d{9,11}/.test(time)) return String(Math.floor(Number(time)) - WINDOW_SECONDS);
  const wall = Date.parse(`${time.slice(0, 10)}T${time.slice(11, 19)}Z`);
  if (Number.isNaN(wall)) return time;
  const text = new Date(wall - WINDOW_SECONDS * 1000).toISOString().slice(0, 19);
  return text.replace('T', time[10] ?? ' ') + (time.endsWith('Z') ? 'Z' : '');
}

function markOf(row: QueueLogRow): string {
  return createHash('sha1').update(JSON.stringify(row)).digest('base64').slice(0, 12);
}
