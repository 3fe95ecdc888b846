import type { EpochSeconds } from '../../../core/clock.ts';
import type { KeyedIds } from '../../lists/key-order.ts';
import type { ListContent } from '../../lists/list-content.ts';
import { HIGHEST_ID } from '../../lists/list-order.ts';
import type { ListQuestion } from '../../lists/live-list.ts';
import { parseNumbers } from '../../lists/parse-numbers.ts';
import { type SortKey, sortKeyOf } from '../../lists/sort-key.ts';
import type { Connection } from '../connection.ts';
import { countMatches, idRange, whereOf } from '../find-page.ts';
import { lastSequence } from '../journal.ts';
import { type Condition, whereClause } from '../where-clause.ts';

/** Ids of longer lists are not kept: their questions are answered by SQL. */
const MOST_IDS = 8_000_000;
/** These take four times the memory, and each row is sorted. */
const MOST_SORTED_IDS = 250_000;

/**
 * Finds all ids of a list. Within the read transaction of the caller.
 * @returns undefined when it is too long to be kept, or an id is too high
 */
export function readListContent(
  connection: Connection,
  { filter, sort, pbxConnected }: ListQuestion,
  now: EpochSeconds,
): ListContent | undefined {
  const where = whereClause(filter, { now, pbxConnected });
  const sequence = lastSequence(connection);
  const length = countMatches(connection, where);
  const { first, size } = idRange(connection);
  const key = sortKeyOf(sort);
  if (key === undefined && length === size && length > 0) return { sequence, now, ids: { first, length } };
  if (length > (key === undefined ? MOST_IDS : MOST_SORTED_IDS) || Math.abs(first) + size > HIGHEST_ID)
    return undefined;
  return { sequence, now, ids: key === undefined ? idsOf(connection, where) : keyedIds(connection, where, key) };
}

/** Sorted here, which SQLite does slower. */
function idsOf(connection: Connection, where: Condition): Int32Array {
  const text = connection.value(
    `SELECT CAST(group_concat(id) AS BLOB) FROM calls${whereOf(where)}`,
    where.values,
  ) as Uint8Array | null;
  return text === null ? new Int32Array(0) : parseNumbers(text, (length) => new Int32Array(length)).sort();
}

function keyedIds(connection: Connection, where: Condition, key: SortKey): KeyedIds {
  const rows = connection.all(
    `SELECT calls.id, ${key.sql} AS key FROM (SELECT id FROM calls${whereOf(where)}) AS found CROSS JOIN calls USING (id)
      ORDER BY key, calls.id`,
    where.values,
  );
  const order = Int32Array.from(rows, ([id]) => id as number);
  const ids = order.slice().sort();
  const keyOf = new Map(rows as unknown as [number, number][]);
  return { ids, keys: Float64Array.from(ids, (id) => keyOf.get(id) as number), order };
}
