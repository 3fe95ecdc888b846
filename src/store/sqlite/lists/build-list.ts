import { setImmediate as turn } from 'node:timers/promises';
import type { EpochSeconds } from '../../../core/clock.ts';
import type { KeyedIds } from '../../lists/key-order.ts';
import type { ListContent } from '../../lists/list-content.ts';
import { HIGHEST_ID } from '../../lists/list-order.ts';
import type { ListQuestion } from '../../lists/live-list.ts';
import { parseNumbers } from '../../lists/parse-numbers.ts';
import { sortByKey } from '../../lists/sort-by-key.ts';
import { type SortKey, sortKeyOf } from '../../lists/sort-key.ts';
import { countMatches } from '../call-counts.ts';
import type { Connection } from '../connection.ts';
import { idRange } from '../find-page.ts';
import { lastSequence } from '../journal.ts';
import { type Condition, whereClause, whereOf } from '../where-clause.ts';

/** Ids of longer lists are not kept: their questions are answered by SQL. */
const MOST_IDS = 8_000_000;
/** These take six times the memory. */
const MOST_SORTED_IDS = 2_000_000;
/** Rows that are read before others may have their turn: some milliseconds. */
const BATCH = 10_000;

/**
 * Finds all ids of a list. Within the read transaction of the caller, who need not let others have their turn.
 * @returns undefined when it is too long to be kept, or an id is too high
 */
export function readListContent(
  connection: Connection,
  question: ListQuestion,
  now: EpochSeconds,
): ListContent | undefined {
  const steps = contentInSteps(connection, question, now);
  while (true) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same where it may take a second: in a read transaction on a connection of its own, so that questions that come
 * meanwhile can be answered in between.
 * @param check called now and then; what it throws ends the work
 */
export async function findListContent(
  connect: () => Connection,
  question: ListQuestion,
  now: EpochSeconds,
  check: () => void,
): Promise<ListContent | undefined> {
  const connection = connect();
  try {
    connection.run('BEGIN');
    const steps = contentInSteps(connection, question, now);
    while (true) {
      const { done, value } = steps.next();
      if (done) return value;
      await turn();
      check();
    }
  } finally {
    connection.close();
  }
}

function* contentInSteps(
  connection: Connection,
  { filter, sort, pbxConnected }: ListQuestion,
  now: EpochSeconds,
): Generator<undefined, ListContent | undefined> {
  const where = whereClause(filter, { now, pbxConnected });
  const sequence = lastSequence(connection);
  const length = countMatches(connection, filter, where);
  const { first, size } = idRange(connection);
  const key = sortKeyOf(sort);
  if (key === undefined && length === size && length > 0) return { sequence, now, ids: { first, length } };
  if (length > (key === undefined ? MOST_IDS : MOST_SORTED_IDS) || Math.abs(first) + size > HIGHEST_ID)
    return undefined;
  yield;
  const ids = key === undefined ? idsOf(connection, where) : yield* keyedIds(connection, where, key, length);
  return { sequence, now, ids };
}

/** Sorted here, which SQLite does slower. */
function idsOf(connection: Connection, where: Condition): Int32Array {
  const text = connection.value(
    `SELECT CAST(group_concat(id) AS BLOB) FROM calls${whereOf(where)}`,
    where.values,
  ) as Uint8Array | null;
  return text === null ? new Int32Array(0) : parseNumbers(text, (length) => new Int32Array(length)).sort();
}

function* keyedIds(
  connection: Connection,
  where: Condition,
  key: SortKey,
  length: number,
): Generator<undefined, KeyedIds> {
  const found = { ids: new Int32Array(length), keys: new Float64Array(length) };
  let index = 0;
  const rows = connection.rows(
    `SELECT calls.id, ${key.sql} FROM (SELECT id FROM calls${whereOf(where)}) AS found CROSS JOIN calls USING (id)`,
    where.values,
  );
  for (const [id, keyOf] of rows) {
    found.ids[index] = id as number;
    found.keys[index] = keyOf as number;
    index += 1;
    if (index % BATCH === 0) yield;
  }
  return yield* sortByKey(found.ids, found.keys);
}
