import { type CallFilter, type CallQuery, isPendingOnly, type Moment } from '../../core/call-filter.ts';
import { LIMIT, LIMIT_OFFSET } from './bound-limit.ts';
import { countedMatches, countMatches } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { type Order, orderOf } from './order.ts';
import { orderedParts } from './ordered-parts.ts';
import { allOf, type Condition, whereClause, whereOf } from './where-clause.ts';

export interface FoundPage {
  rowCount: number;
  ids: readonly number[];
}

interface Search {
  connection: Connection;
  where: Condition;
  /** Only calls above this id, of which `where` knows nothing. */
  afterId: number | undefined;
  order: Order;
  pendingOnly: boolean;
  limit: number;
  offset: number;
}

/** Up to so many matches sorting costs less than thinking about it. */
const FEW = 2_000;
/** Entries of indexes that are read off for one page: a millisecond. */
const MOST_READ_OFF = 10_000;

/**
 * How many calls match, and the ids of the page: from indexes as far as possible, and without reading the rows that the
 * page skips. Within the read transaction of the caller.
 */
export function findPage(connection: Connection, { filter, moment, limit, at, sort }: CallQuery): FoundPage {
  const where = whereClause(filter, moment);
  const place =
    'page' in at
      ? { afterId: undefined, order: orderOf(sort), offset: (at.page - 1) * limit }
      : { afterId: at.afterId, order: orderOf('id'), offset: 0 };
  const search: Search = { connection, where, ...place, pendingOnly: isPendingOnly(filter), limit };
  const isById = place.order.sql === 'id';
  const inOrder = isById ? readOff(search, filter, moment) : undefined;
  // A first page that is not full has shown all there is.
  if (inOrder !== undefined && place.offset === 0 && place.afterId === undefined && inOrder.length < limit) {
    return { rowCount: inOrder.length, ids: inOrder };
  }
  const rowCount = countMatches(connection, filter, where);
  if (inOrder !== undefined) return { rowCount, ids: inOrder };
  if (place.offset >= rowCount) return { rowCount, ids: [] };
  const slice = where.sql === '' && isById ? sliceOfAll(search, rowCount) : undefined;
  return { rowCount, ids: slice ?? idsOf(search, rowCount) };
}

/** The page of calls in order of id, where the parts of the filter lie in this order, unless it lies too deep in them. */
function readOff(
  { connection, afterId, limit, offset }: Search,
  filter: CallFilter,
  moment: Moment,
): number[] | undefined {
  const parts = orderedParts(filter);
  const most = offset + limit;
  if (parts === undefined || parts.length * most > MOST_READ_OFF) return undefined;
  const found = parts.flatMap((part) => {
    const { sql, values } = allOf([whereClause(part, moment), above(afterId)]);
    return ids(connection, `SELECT id FROM calls${whereOf({ sql })} ORDER BY id ${LIMIT}`, [...values, most]);
  });
  return found.sort((a, b) => a - b).slice(offset, offset + limit);
}

/** Without a filter and without gaps between ids a page is known by its numbers, however deep it lies. */
function sliceOfAll({ connection, afterId, offset, limit }: Search, rowCount: number): number[] | undefined {
  const { first, last } = idRange(connection);
  if (last - first + 1 !== rowCount) return undefined;
  const from = Math.max(first, (afterId ?? Number.NEGATIVE_INFINITY) + 1) + offset;
  return Array.from({ length: Math.max(0, Math.min(limit, last + 1 - from)) }, (_, index) => from + index);
}

/**
 * Two ways lead to a page: find all matches and sort them, or visit calls in the order asked for until the page is
 * full. Which costs less depends on how many match, which is known here, and on how they are spread, which is not:
 * hence a visit with a limit, after which the other way is taken.
 */
function idsOf(search: Search, matches: number): number[] {
  const { connection, pendingOnly, order, limit, offset } = search;
  if (matches <= FEW || (pendingOnly && order.pendingWalk === undefined)) return sorted(search);
  const all = pendingOnly
    ? (countedMatches(connection, { statuses: ['pending'] }) as number)
    : idRange(connection).size;
  const most = Math.ceil((4 * (offset + limit) * all) / matches);
  if (most <= matches / 2) {
    const ids = walked(search, most);
    if (ids.length === limit) return ids;
  }
  return matches > all / 2 ? walked(search) : sorted(search);
}

function sorted({ connection, where, afterId, order, pendingOnly, limit, offset }: Search): number[] {
  const { sql, values } = allOf([where, above(afterId)]);
  // The plus keeps the planner from choosing an index for the order, which here is the way not to go. The join lets the
  // matches be found in an index that does not hold what they are sorted by.
  const sort = `ORDER BY +calls.${order.sql} ${LIMIT_OFFSET}`;
  const isInIndex = pendingOnly || order.sql.startsWith('id');
  return ids(
    connection,
    isInIndex
      ? `SELECT id FROM calls${whereOf({ sql })} ${sort}`
      : `SELECT calls.id FROM (SELECT id FROM calls${whereOf({ sql })}) AS found CROSS JOIN calls USING (id) ${sort}`,
    [...values, limit, offset],
  );
}

/** @param most visits no more calls than these; the answer may then be too short */
function walked({ connection, where, afterId, order, pendingOnly, limit, offset }: Search, most?: number): number[] {
  const walk = (pendingOnly ? order.pendingWalk : undefined) ?? order.walk;
  const { sql, values } = allOf([where, above(afterId)]);
  if (most === undefined) {
    return ids(connection, `SELECT id FROM calls ${walk}${whereOf({ sql })} ORDER BY ${order.sql} ${LIMIT_OFFSET}`, [
      ...values,
      limit,
      offset,
    ]);
  }
  const within = allOf([{ sql: pendingOnly ? `status = 'pending'` : '', values: [] }, above(afterId)]);
  return ids(
    connection,
    `SELECT id FROM (SELECT * FROM calls ${walk}${whereOf(within)} ORDER BY ${order.sql} ${LIMIT})${whereOf(where)}
    ${LIMIT_OFFSET}`,
    [...within.values, most, ...where.values, limit, offset],
  );
}

function above(id: number | undefined): Condition {
  return id === undefined ? { sql: '', values: [] } : { sql: 'id > ?', values: [id] };
}

function ids(connection: Connection, sql: string, values: Condition['values']): number[] {
  return connection.all(sql, values).map(([id]) => id as number);
}

/** The lowest and the highest id, and how many calls there are at most. */
export function idRange(connection: Connection): { first: number; last: number; size: number } {
  const [first, last] = (connection.get('SELECT (SELECT min(id) FROM calls), (SELECT max(id) FROM calls)') ?? []) as [
    number | null,
    number | null,
  ];
  return first === null || last === null ? { first: 0, last: -1, size: 0 } : { first, last, size: last - first + 1 };
}
