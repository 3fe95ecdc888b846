import type { FeedEntry, FeedPage, HistoryEntry } from '../../core/call-command.ts';
import type { FeedQuestion } from '../../core/call-journal.ts';
import type { Database } from './database.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { arrayOf, type Session } from './session.ts';
import { whereClause } from './where-clause.ts';

/** A call's history, oldest first; undefined when there is no such call in these projects (null: all). */
export async function readHistory(
  database: Database,
  callId: number,
  projectIds: readonly number[] | null,
): Promise<HistoryEntry[] | undefined> {
  // One statement sees one moment.
  const rows = await database.all(
    `SELECT calls.project_id, at, actor, event, from_status, to_status, history.reason, facts
      FROM calls LEFT JOIN history ON call_id = calls.id WHERE calls.id = ? ORDER BY number`,
    [callId],
  );
  const projectId = rows[0]?.[0] as number | undefined;
  if (projectId === undefined || projectIds?.includes(projectId) === false) return undefined;
  return rows
    .filter(([, at]) => at !== null)
    .map(([, at, actor, event, from, to, reason, facts]) => ({
      at: at as number,
      actor: actor as string,
      event: event as HistoryEntry['event'],
      from: from as HistoryEntry['from'],
      to: to as HistoryEntry['to'],
      reason: reason as string | null,
      facts: facts === null ? {} : JSON.parse(facts as string),
    }));
}

/** The number of the newest change, also when it is no longer kept. */
export async function lastSequence(database: Pick<Database, 'value'>): Promise<number> {
  return (await database.value('SELECT last_sequence FROM counters')) as number;
}

/** So many entries are looked at for one page, most of which may belong to projects that the reader does not see. */
const LOOKED_AT = 20_000;

/** All of one page is read in one transaction. Calls that were removed since are passed over. */
export function readChanges(database: Database, question: FeedQuestion): Promise<FeedPage> {
  return database.read(async (session) => {
    const { since, limit } = question;
    const [newest = 0, removedThrough = 0] = ((await session.get(
      'SELECT last_sequence, changes_removed_through FROM counters',
    )) ?? []) as [number?, number?];
    if (since < removedThrough || since > newest) return { entries: [], nextSince: newest, more: false, reset: true };
    const until = Math.min(newest, (await lookedAtUntil(session, since)) ?? newest);
    const found = await entriesOf(session, question, until);
    const entries = found.slice(0, limit);
    const isCut = found.length > limit;
    const nextSince = isCut ? (entries.at(-1)?.sequence ?? since) : until;
    return { entries, nextSince, more: nextSince < newest, reset: false };
  });
}

async function lookedAtUntil(session: Session, since: number): Promise<number | null> {
  return (await session.value(
    `SELECT sequence FROM changes WHERE sequence > ? ORDER BY sequence LIMIT 1 OFFSET ${LOOKED_AT - 1}`,
    [since],
  )) as number | null;
}

async function entriesOf(
  session: Session,
  { since, limit, projectIds, filter, moment }: FeedQuestion,
  until: number,
): Promise<FeedEntry[]> {
  const isMatch = whereClause(filter, moment);
  const isVisible = projectIds === null ? '' : 'AND project_id = ANY (?::bigint[])';
  const rows = await session.all(
    `SELECT sequence, ${isMatch.sql === '' ? 'TRUE' : `(${isMatch.sql}) IS TRUE`}, ${CALL_COLUMNS.join(', ')}
      FROM (SELECT sequence, call_id FROM changes WHERE sequence > ? AND sequence <= ? ${isVisible}) AS feed
      JOIN calls ON id = call_id ORDER BY sequence LIMIT ?`,
    [...isMatch.values, since, until, ...(projectIds === null ? [] : [arrayOf(projectIds)]), limit + 1],
  );
  return rows.map(([sequence, matches, ...call]) => ({
    sequence: sequence as number,
    call: toCall(call),
    matches: matches === true,
  }));
}
