import type { Sort } from '../../../client/src/contract.ts';
import { type CallFilter, type CallQuery, isPendingOnly, type Moment, type Span } from '../../core/call-filter.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { projectParts } from '../../core/project-parts.ts';
import { countedMatches } from './call-counts.ts';
import { NULLS_LAST, orderOf } from './order.ts';
import { raw, sql } from './sql.ts';
import { allOf, behind, type Condition, oneOf, whereClause } from './where-clause.ts';

export interface PageSearch {
  /** What stands behind WITH, the last of it `page (id, place)`: the calls of the page, in their order. */
  page: Condition;
  /** How many calls match: an expression in a statement that begins with these. */
  rowCount: Condition;
}

interface Search {
  filter: CallFilter;
  moment: Moment;
  where: Condition;
  /** Only calls above this id, of which `where` knows nothing. */
  afterId: number | undefined;
  sort: Sort;
  limit: number;
  offset: number;
}

/** Of these few calls match, some thousands at most, whatever else is asked for. */
const SELECTIVE: readonly (keyof CallFilter)[] = [
  ...(['callerNumbers', 'dnidNumbers', 'outboundNumbers', 'externalIds', 'inboundRouteIds'] as const),
  ...(['ids', 'campaigns', 'claimedBy', 'search'] as const),
];
const MOST_PARTS = 16;
/** Calls of so many seconds are no more than the found ones of other filters, or are at least found quickly. */
const SHORT_SPAN = 31 * 86_400;

/**
 * How the calls of a page are found and counted, in one statement and so as of one moment. Four ways, as PostgreSQL, which
 * knows little of how the parts of a filter go together, often takes a bad one by itself where a page is cut off (LIMIT):
 * it walks through all calls in order until it has found enough of those that match.
 */
export function findPage({ filter, moment, limit, at, sort }: CallQuery): PageSearch {
  const where = whereClause(filter, moment);
  const search: Search =
    'page' in at
      ? { ...{ filter, moment, where, limit, sort }, afterId: undefined, offset: (at.page - 1) * limit }
      : { ...{ filter, moment, where, limit }, sort: 'id', afterId: at.afterId, offset: 0 };
  const counted = countedMatches(filter);
  const isById = search.sort === 'id' || search.sort === '-id';
  if (isById && isFound(search, counted)) return amongMatches(search);
  const rows = rowsOf(search, counted);
  const page = sql`page AS MATERIALIZED (
    SELECT id, row_number() OVER () AS place FROM (${rows}) AS ordered)`;
  return { page, rowCount: counted ?? countUnlessShort(search) };
}

/** Whether all that match are found first, of which there are few, and they are not counted already. */
function isFound({ filter, moment: { now } }: Search, counted: Condition | undefined): boolean {
  if (counted !== undefined) return false;
  const { createdAt, updatedAt } = filter;
  const isShort = [createdAt, updatedAt].some((span) => span !== undefined && lengthOf(span, now) <= SHORT_SPAN);
  return isShort || isPendingOnly(filter) || SELECTIVE.some((name) => filter[name] !== undefined);
}

function lengthOf({ from, to }: Span, now: EpochSeconds): number {
  return (to ?? now) - (from ?? Number.NEGATIVE_INFINITY);
}

/** All that match once, from which both the number and the page are taken. */
function amongMatches({ filter, moment, where, afterId, sort, limit, offset }: Search): PageSearch {
  return {
    page: sql`matches AS MATERIALIZED (${idsOf(filter, moment, where)}),
      page AS MATERIALIZED (SELECT id, row_number() OVER () AS place FROM (
        SELECT id FROM matches${behind(above(afterId))} ORDER BY ${raw(orderOf(sort))}
        LIMIT ${limit} OFFSET ${offset}) AS ordered)`,
    rowCount: raw('(SELECT count(*) FROM matches)'),
  };
}

/** A campaign may be either of two columns: two searches that exclude each other stay within their indexes. */
function idsOf({ campaigns, ...others }: CallFilter, moment: Moment, where: Condition): Condition {
  const [byName, byInfo] = [oneOf('campaign_name', campaigns), oneOf('campaign_info', campaigns)];
  if (byName === undefined || byInfo === undefined) return sql`SELECT id FROM calls${behind(where)}`;
  const rest = whereClause(others, moment);
  return sql`SELECT id FROM calls${behind(allOf([rest, byName]))}
    UNION ALL SELECT id FROM calls${behind(allOf([rest, byInfo, sql`(${byName}) IS NOT TRUE`]))}`;
}

function rowsOf(search: Search, counted: Condition | undefined): Condition {
  const { filter, where, afterId, sort, limit, offset } = search;
  if (where.sql === '' && sort === 'id' && afterId === undefined) return ofAll(search, counted);
  const parts = sort === 'id' && !isPendingOnly(filter) ? partsOf(search) : undefined;
  if (parts !== undefined) return inOrder(parts, search);
  if (NULLS_LAST[sort] !== undefined) return nullsLast(search, NULLS_LAST[sort]);
  return sql`SELECT id FROM calls${behind(allOf([where, above(afterId)]))} ORDER BY ${raw(orderOf(sort))}
    LIMIT ${limit} OFFSET ${offset}`;
}

/** Where there is no gap between ids, a page is known by its numbers, however deep it lies. */
function ofAll({ limit, offset }: Search, counted: Condition | undefined): Condition {
  const isWhole = sql`(SELECT max(id) - min(id) + 1 FROM calls) = ${counted ?? raw('-1')}`;
  return sql`SELECT id FROM calls
    WHERE id >= (SELECT min(id) FROM calls) + CASE WHEN ${isWhole} THEN ${offset}::bigint ELSE 0 END ORDER BY id
    LIMIT ${limit} OFFSET CASE WHEN ${isWhole} THEN 0 ELSE ${offset}::bigint END`;
}

/** Parts of an index that lies in order of id, and what else is asked for. */
function partsOf({ filter, moment }: Search): readonly Condition[] | undefined {
  const { projectIds: _projects, outboundTypes: _outbound, attendTypes: _attend, ...others } = filter;
  const rest = whereClause(others, moment);
  return projectParts(filter, MOST_PARTS)?.map((part) => allOf([whereClause(part, moment), rest]));
}

/** The beginnings of all parts, put in order. */
function inOrder(parts: readonly Condition[], { afterId, limit, offset }: Search): Condition {
  const beginnings = parts.map(
    (part) => sql`(SELECT id FROM calls${behind(allOf([part, above(afterId)]))} ORDER BY id LIMIT ${limit + offset})`,
  );
  const all = beginnings.reduce((before, next) => sql`${before} UNION ALL ${next}`);
  return sql`SELECT id FROM (${all}) AS parts ORDER BY id LIMIT ${limit} OFFSET ${offset}`;
}

/** By a column that may be null: as two parts, as the index of the column holds only calls that have one. */
function nullsLast({ where, sort, limit, offset }: Search, column: string): Condition {
  const direction = sort.startsWith('-') ? ' DESC' : '';
  const part = (condition: string, order: string) =>
    sql`(SELECT id, ${raw(column)} FROM calls${behind(allOf([where, raw(condition)]))}
      ORDER BY ${raw(order)} LIMIT ${limit + offset})`;
  return sql`SELECT id FROM (${part(`${column} IS NOT NULL`, `${column}${direction}, id`)}
    UNION ALL ${part(`${column} IS NULL`, 'id')}) AS parts
    ORDER BY ${raw(orderOf(sort))} LIMIT ${limit} OFFSET ${offset}`;
}

/** A first page that is not full has all there are. Of a CASE only the branch that is taken is carried out. */
function countUnlessShort({ where, afterId, limit, offset }: Search): Condition {
  const count = sql`(SELECT count(*) FROM calls${behind(where)})`;
  if (afterId !== undefined || offset > 0) return count;
  return sql`(CASE WHEN (SELECT count(*) FROM page) < ${limit} THEN (SELECT count(*) FROM page) ELSE ${count} END)`;
}

function above(id: number | undefined): Condition {
  return id === undefined ? raw('') : sql`id > ${id}`;
}
