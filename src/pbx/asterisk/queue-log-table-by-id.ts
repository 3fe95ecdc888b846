import type { TransactionSql } from 'postgres';
import type { EpochSeconds } from '../../core/clock.ts';
import type { TimeZone } from '../../core/time-zone.ts';
import type { QueueLogRead } from './queue-log-reader.ts';
import { instantOf, lineOf, type QueueLogRow, selected } from './queue-log-table-rows.ts';
import type { QueueLogTableShape } from './queue-log-table-shape.ts';

/** A place in a table whose rows are numbered. */
export interface IdPosition {
  /** The highest number read; 0 before there was a row. */
  id: number;
  /** The time of that row, as it stands there: by it the table is known again. */
  time: string | null;
  /** Numbers below that were not there: their rows may become visible later than higher ones. Ascending. */
  holes: readonly number[];
  /** What is older was read in another table, that was here before. */
  since: EpochSeconds;
}

export interface TableReading {
  sql: TransactionSql;
  shape: QueueLogTableShape;
  zone: TimeZone;
  maxRows: number;
}

/**
 * How far below the highest number a row may still come. Each connection takes its numbers when it begins to write, some
 * take a stock of them (`CACHE` of the sequence).
 */
const HOLES_WITHIN = 500;

export async function endById({ sql, shape }: TableReading): Promise<IdPosition> {
  const [last] = await sql.unsafe<{ id: number; time: string | null }[]>(
    `SELECT id::float8 AS id, ${shape.timeText} AS time FROM ${shape.table} AS log WHERE id IS NOT NULL ORDER BY log.id DESC LIMIT 1`,
  );
  return { id: last?.id ?? 0, time: last?.time ?? null, holes: [], since: 0 };
}

/**
 * Reads on behind the highest number read. A row that becomes visible below it is told with all that came after it, so that
 * what belongs to one call is told in its order.
 */
export async function readById(reading: TableReading, from: IdPosition): Promise<QueueLogRead> {
  const { zone, maxRows } = reading;
  const here = await lookAt(reading, from);
  if (here.isAnotherTable) return startOver(from, zone);
  const rows = await rowsAfter(reading, from);
  const first = rows.find(({ id }) => id > from.id);
  if (first === undefined && !here.isThere && from.id > 0) {
    // Only the last rows were deleted, or numbers begin anew.
    const end = await endById(reading);
    const isNewer = (instantOf(end.time ?? '', zone) ?? 0) > (instantOf(from.time ?? '', zone) ?? 0);
    if (end.id > 0 && isNewer) return startOver(from, zone);
  }
  const last = rows.findLast(({ id }) => id > from.id);
  const lines = rows.map((row) => lineOf(row, zone)).filter((line) => line !== undefined);
  return {
    lines: lines.filter(({ at }) => at >= from.since),
    position: {
      ...from,
      ...(last !== undefined && { id: last.id, time: last.time }),
      holes: holesAfter(rows, from),
    } satisfies IdPosition,
    isAtEnd: rows.length < maxRows,
    // Everything up to the place was deleted, and so may have been what followed.
    isGap: from.id > 0 && first !== undefined && first.id > from.id + 1 && !here.isThere && !here.hasOlder,
  };
}

interface Here {
  /** The row of the place is still there. */
  isThere: boolean;
  hasOlder: boolean;
  /** The row of that number is another one. */
  isAnotherTable: boolean;
}

async function lookAt({ sql, shape }: TableReading, { id, time }: IdPosition): Promise<Here> {
  const [here] = await sql.unsafe<{ isThere: boolean; time: string | null; hasOlder: boolean }[]>(
    `SELECT
      EXISTS (SELECT FROM ${shape.table} WHERE id = $1::bigint) AS "isThere",
      (SELECT ${shape.timeText} FROM ${shape.table} WHERE id = $1::bigint LIMIT 1) AS time,
      coalesce((SELECT min(id) FROM ${shape.table}) < $1::bigint, false) AS "hasOlder"`,
    [id],
  );
  const isThere = here?.isThere ?? false;
  return { isThere, hasOlder: here?.hasOlder ?? false, isAnotherTable: isThere && id > 0 && here?.time !== time };
}

/** By the column itself: `id` alone would be what is made of it here, which no index knows. */
function rowsAfter({ sql, shape, maxRows }: TableReading, from: IdPosition) {
  return sql.unsafe<(QueueLogRow & { id: number })[]>(
    `SELECT ${selected(shape)}
    FROM ${shape.table} AS log
    WHERE log.id > coalesce(
      (SELECT min(id)::bigint - 1 FROM ${shape.table} WHERE id = ANY (string_to_array($2, ',')::bigint[])),
      $1::bigint
    )
    ORDER BY log.id
    LIMIT $3::int`,
    [from.id, from.holes.join(','), maxRows],
  );
}

/** From the first row on that is newer than the place: whatever the old table still got may be lost. */
function startOver(from: IdPosition, zone: TimeZone): QueueLogRead {
  const since = instantOf(from.time ?? '', zone) ?? from.since;
  return { lines: [], position: { id: 0, time: null, holes: [], since }, isAtEnd: false, isGap: true };
}

function holesAfter(rows: readonly { id: number }[], from: IdPosition): readonly number[] {
  const newest = Math.max(from.id, rows.at(-1)?.id ?? 0);
  const lowest = newest - HOLES_WITHIN;
  const there = new Set(rows.map(({ id }) => id));
  const holes = from.holes.filter((id) => id > lowest && !there.has(id));
  // What was deleted long before the first row ever read is no hole.
  const begin = from.id > 0 ? from.id + 1 : (rows[0]?.id ?? newest);
  for (let id = Math.max(begin, lowest + 1); id < newest; id += 1) if (!there.has(id)) holes.push(id);
  return holes;
}
