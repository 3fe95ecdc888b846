import type { CallFilter, Moment, Span } from '../../core/call-filter.ts';
import { reversed, searchedEnds } from '../../core/search-text.ts';
import { literals } from './literals.ts';
import { nameQuery } from './name-query.ts';
import type { SqlValue } from './row-columns.ts';

/** A condition in SQL and the values bound in it. */
export interface Condition {
  sql: string;
  values: readonly SqlValue[];
}

const SCHEDULE_IS_OVER = '(schedule IS NULL OR schedule <= ?)';
const PAUSE_IS_OVER = '(next_attempt_at IS NULL OR next_attempt_at <= ?)';
const NOTHING_AHEAD = `${SCHEDULE_IS_OVER} AND ${PAUSE_IS_OVER}`;
const DUE = `status = 'pending' AND ${NOTHING_AHEAD}`;
/** Above every text that begins with what stands before it. */
const LAST_CHARACTER = '\u{10ffff}';

/** The filter as SQL over `calls`, to be joined with AND; every member of `CallFilter` in its order. */
export function whereClause(filter: CallFilter, moment: Moment): Condition {
  const conditions = [
    between('created_at', filter.createdAt),
    between('updated_at', filter.updatedAt),
    scheduled(filter),
    oneOf('caller_number_reversed', filter.callerNumbers?.map(reversed)),
    oneOf('dnid_normalized', filter.dnidNumbers),
    oneOf('outbound_number_normalized', filter.outboundNumbers),
    oneOf('project_id', filter.projectIds),
    oneOf('inbound_route_id', filter.inboundRouteIds),
    oneOfWords('outbound_type', filter.outboundTypes),
    oneOfWords('attend_type', filter.attendTypes),
    oneOf('external_id', filter.externalIds),
    assigned(filter.assignTypes),
    inCampaign(filter.campaigns),
    oneOfWords('status', filter.statuses),
    oneOf('id', filter.ids),
    oneOfWords('source', filter.sources),
    oneOfWords('last_result', filter.lastResults),
    oneOf('status_reason', filter.statusReasons),
    oneOf('destination', filter.destinations),
    oneOf('claimed_by', filter.claimedBy),
    due(filter.due, moment),
    waiting(filter.waitingFor, moment),
    found(filter.search),
  ].filter((condition) => condition !== undefined);
  return allOf(conditions);
}

/** Ready to stand behind the name of a table. */
export function whereOf({ sql }: Pick<Condition, 'sql'>): string {
  return sql === '' ? '' : ` WHERE ${sql}`;
}

export function allOf(conditions: readonly Condition[]): Condition {
  const parts = conditions.filter(({ sql }) => sql !== '');
  return { sql: parts.map(({ sql }) => sql).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: 'FALSE', values: [] };
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

function between(column: string, span: Span | undefined): Condition | undefined {
  if (span === undefined) return undefined;
  const { from, to } = span;
  return allOf([
    from === null ? { sql: '', values: [] } : { sql: `${column} >= ?`, values: [from] },
    to === null ? { sql: '', values: [] } : { sql: `${column} <= ?`, values: [to] },
  ]);
}

/** A list travels as one JSON value, so that lists of any length are the same statement. */
function oneOf(column: string, list: readonly (string | number)[] | undefined): Condition | undefined {
  if (list === undefined) return undefined;
  const [first] = list;
  return list.length === 1 && first !== undefined
    ? { sql: `${column} = ?`, values: [first] }
    : { sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(list)] };
}

function oneOfWords(column: string, words: readonly string[] | undefined): Condition | undefined {
  if (words === undefined) return undefined;
  return {
    sql: words.length === 1 ? `${column} = ${literals(words)}` : `${column} IN (${literals(words)})`,
    values: [],
  };
}

function scheduled({ scheduledUntil, withoutSchedule }: CallFilter): Condition | undefined {
  if (scheduledUntil === undefined) return withoutSchedule && { sql: 'schedule IS NULL', values: [] };
  return { sql: withoutSchedule ? SCHEDULE_IS_OVER : 'schedule <= ?', values: [scheduledUntil] };
}

function assigned(assignTypes: CallFilter['assignTypes']): Condition | undefined {
  if (assignTypes === undefined) return undefined;
  const conditions = [...new Set(assignTypes)].map((assignType) =>
    assignType === 'no_queue' ? `type IS NULL OR type NOT IN ('queue', 'user')` : `type = ${literals([assignType])}`,
  );
  return { sql: `(${conditions.join(' OR ')})`, values: [] };
}

function inCampaign(campaigns: readonly string[] | undefined): Condition | undefined {
  const byName = oneOf('campaign_name', campaigns);
  const byInfo = oneOf('campaign_info', campaigns);
  return byName && byInfo && anyOf([byName, byInfo]);
}

/** As `isDue` in dispatch.ts. */
function due(wanted: boolean | undefined, { now }: Moment): Condition | undefined {
  if (wanted === undefined) return undefined;
  // No NULL can come out of DUE, so NOT is its exact opposite.
  return { sql: wanted ? DUE : `NOT (${DUE})`, values: [now, now] };
}

/** As `waitingFor` in dispatch.ts, gate by gate; a gate that it never answers matches nothing. */
function waiting(gates: CallFilter['waitingFor'], { now, pbxConnected }: Moment): Condition | undefined {
  if (gates === undefined) return undefined;
  const ofGate: Partial<Record<(typeof gates)[number], Condition>> = {
    schedule: { sql: 'schedule > ?', values: [now] },
    retry_delay: { sql: `(${SCHEDULE_IS_OVER} AND next_attempt_at > ?)`, values: [now, now] },
    agent: { sql: `(${NOTHING_AHEAD} AND outbound_type = 'manual')`, values: [now, now] },
  };
  if (!pbxConnected)
    ofGate.pbx_offline = { sql: `(${NOTHING_AHEAD} AND outbound_type <> 'manual')`, values: [now, now] };
  const ofPending = anyOf(
    [...new Set(gates)].map((gate) => ofGate[gate]).filter((condition) => condition !== undefined),
  );
  const pending = { sql: `status = 'pending' AND ${ofPending.sql}`, values: ofPending.values };
  if (!gates.includes('claimed')) return pending;
  const claimed = { sql: `status = 'inprogress' AND claimed_by IS NOT NULL`, values: [] };
  return anyOf([claimed, pending]);
}

function found(search: string | undefined): Condition | undefined {
  if (search === undefined) return undefined;
  const name = nameQuery(search);
  return anyOf([
    { sql: 'external_id = ?', values: [search] },
    ...searchedEnds(search).map((end) => beginsWith('caller_number_reversed', reversed(end))),
    ...(name === undefined ? [] : [{ sql: 'id IN (SELECT rowid FROM names WHERE names MATCH ?)', values: [name] }]),
  ]);
}

function beginsWith(column: string, text: string): Condition {
  return { sql: `(${column} >= ? AND ${column} < ?)`, values: [text, text + LAST_CHARACTER] };
}
