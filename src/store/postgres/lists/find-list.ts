import { setImmediate as turn } from 'node:timers/promises';
import type { EpochSeconds } from '../../../core/clock.ts';
import type { KeyedIds } from '../../lists/key-order.ts';
import type { ListContent } from '../../lists/list-content.ts';
import { HIGHEST_ID } from '../../lists/list-order.ts';
import type { ListQuestion } from '../../lists/live-list.ts';
import { parseNumbers } from '../../lists/parse-numbers.ts';
import { type SortKey, sortKeyOf } from '../../lists/sort-key.ts';
import { countedMatches } from '../call-counts.ts';
import type { Database } from '../database.ts';
import { type DerivedGuard, SELECT_DERIVED } from '../derived-guard.ts';
import { textOf } from '../session.ts';
import { raw, sql } from '../sql.ts';
import { behind, type Condition, whereClause } from '../where-clause.ts';
import { SERVER, type Standing } from './look.ts';

/** A list as it was found, and what to know it by that it still is of this database. */
export interface FoundList {
  content: ListContent;
  /** As in `Standing`, and the lost connections before it was asked for. */
  server: string;
  losses: number;
}

/** Ids of longer lists are not kept: their questions are answered by SQL. */
const MOST_IDS = 2_000_000;
/** These take six times the memory, and sorting. */
const MOST_SORTED_IDS = 2_000_000;
/** Ids that are told in one text, as powers of two: each is read within some milliseconds. */
const [BLOCK, SORTED_BLOCK] = [16, 13];

/**
 * Finds all ids of a list, as of one moment. PostgreSQL sorts them; this thread only reads numbers, and lets others in
 * between.
 * @returns undefined when it is too long to be kept, or an id is too high
 */
export async function findList(
  database: Database,
  guard: DerivedGuard,
  question: ListQuestion,
  now: EpochSeconds,
): Promise<FoundList | undefined> {
  const where = whereClause(question.filter, { now, pbxConnected: question.pbxConnected });
  const key = sortKeyOf(question.sort);
  const { losses } = database;
  const range = where.sql === '' && key === undefined ? await findRange(database) : undefined;
  const { standing, ids } = range ?? (await findIds(database, where, key));
  guard.check(standing.derived);
  if (ids === undefined) return undefined;
  return { content: { sequence: standing.sequence, now, ids }, server: standing.server, losses };
}

interface FoundIds {
  standing: Standing;
  /** Undefined: they cannot be kept. */
  ids: ListContent['ids'] | undefined;
}

/** All ids there are; undefined when there are none, or there is a gap between them. */
async function findRange(database: Database): Promise<FoundIds | undefined> {
  const { sql: count } = countedMatches({}) as Condition;
  const row = await database.get(
    `SELECT last_sequence, ${SERVER}, (${SELECT_DERIVED}), ${count}, (SELECT min(id) FROM calls), (SELECT max(id) FROM calls)
      FROM counters`,
  );
  const [sequence, server, derived, length, first, last] = row as [number, string, string, number, number, number];
  if (length === 0 || last - first + 1 !== length) return undefined;
  return { standing: { sequence, server, derived }, ids: last > HIGHEST_ID ? undefined : { first, length } };
}

async function findIds(database: Database, where: Condition, key: SortKey | undefined): Promise<FoundIds> {
  const most = key === undefined ? MOST_IDS : MOST_SORTED_IDS;
  // What is too long, or too high, is not sent.
  const statement = sql`WITH found AS MATERIALIZED (
      SELECT id${raw(key === undefined ? '' : `, ${key.sql} AS key`)} FROM calls${behind(where)} LIMIT ${most + 1}),
    facts AS MATERIALIZED (
      SELECT count(*) <= ${most} AND coalesce(max(abs(id)), 0) <= ${HIGHEST_ID} AS is_short FROM found)
    SELECT NULL AS block, concat_ws(',', last_sequence, is_short::int) AS text, ${raw(SERVER)}, (${raw(SELECT_DERIVED)})
      FROM counters, facts
    UNION ALL SELECT block, text, NULL, NULL FROM facts JOIN ${key === undefined ? IDS : KEYED_IDS} AS blocks ON is_short`;
  const rows = await database.ask((session) => session.bytes(statement.sql, statement.values));
  const [about] = rows.filter(([block]) => block === null);
  const [sequence = 0, isShort] = parseNumbers(about?.[1] as Uint8Array, (length) => new Float64Array(length));
  const derived = about?.[3];
  const standing = { sequence, server: textOf(about?.[2]), derived: derived ? textOf(derived) : null };
  if (isShort !== 1) return { standing, ids: undefined };
  const texts = rows
    .filter(([block]) => block !== null)
    .map(([block, text]) => ({ block: Number(textOf(block)), text: text as Uint8Array }))
    .sort((a, b) => a.block - b.block)
    .map(({ text }) => text);
  return { standing, ids: key === undefined ? await readIds(texts) : await readKeyedIds(texts) };
}

const IDS = raw(
  `(SELECT id >> ${BLOCK} AS block, string_agg(id::text, ',' ORDER BY id) AS text FROM found GROUP BY 1)`,
);
/** Of each call its id, its key and its place, from 1. */
const KEYED_IDS = raw(`(SELECT id >> ${SORTED_BLOCK} AS block,
    string_agg(id || ',' || key || ',' || place, ',' ORDER BY id) AS text
  FROM (SELECT id, key, row_number() OVER (ORDER BY key, id) AS place FROM found) AS placed GROUP BY 1)`);

async function readIds(texts: readonly Uint8Array[]): Promise<Int32Array> {
  const pieces: Int32Array[] = [];
  for (const text of texts) {
    pieces.push(parseNumbers(text, (length) => new Int32Array(length)));
    await turn();
  }
  const ids = new Int32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    ids.set(piece, place);
    place += piece.length;
  }
  return ids;
}

async function readKeyedIds(texts: readonly Uint8Array[]): Promise<KeyedIds> {
  const pieces: Float64Array[] = [];
  for (const text of texts) {
    pieces.push(parseNumbers(text, (length) => new Float64Array(length)));
    await turn();
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length / 3, 0);
  const found: KeyedIds = {
    ...{ ids: new Int32Array(length), keys: new Float64Array(length) },
    ...{ order: new Int32Array(length), orderKeys: new Float64Array(length) },
  };
  let index = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += 3) {
      const [id, key, place] = [piece[from] as number, piece[from + 1] as number, (piece[from + 2] as number) - 1];
      found.ids[index] = id;
      found.keys[index] = key;
      found.order[place] = id;
      found.orderKeys[place] = key;
      index += 1;
    }
    await turn();
  }
  return found;
}
