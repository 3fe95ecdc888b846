import type { FeedEntry, FeedPage, HistoryEntry } from '../../core/call-command.ts';
import type { FeedQuestion } from '../../core/call-journal.ts';
import { LIMIT } from './bound-limit.ts';
import type { Connection } from './connection.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { REMOVED_THROUGH } from './tidy.ts';
import { whereClause } from './where-clause.ts';

/** A call's history, oldest first; undefined when there is no such call in these projects (null: all). */
export function readHistory(
  connection: Connection,
  callId: number,
  projectIds: readonly number[] | null,
): HistoryEntry[] | undefined {
  return connection.read(() => {
    const projectId = connection.value('SELECT project_id FROM calls WHERE id = ?', [callId]) as number | null;
    if (projectId === null || projectIds?.includes(projectId) === false) return undefined;
    const rows = connection.all(
      `SELECT at, actor, event, from_status, to_status, reason, facts FROM history WHERE call_id = ? ORDER BY number`,
      [callId],
    );
    return rows.map(([at, actor, event, from, to, reason, facts]) => ({
      at: at as number,
      actor: actor as string,
      event: event as HistoryEntry['event'],
      from: from as HistoryEntry['from'],
      to: to as HistoryEntry['to'],
      reason: reason as string | null,
      facts: facts === null ? {} : JSON.parse(facts as string),
    }));
  });
}

/** The number of the newest change, also when it is no longer kept. */
export function lastSequence(connection: Connection): number {
  return Number(connection.value(`SELECT seq FROM sqlite_sequence WHERE name = 'changes'`) ?? 0);
}

/** So many entries are looked at for one page, most of which may belong to projects that the reader does not see. */
const LOOKED_AT = 20_000;

/** All of one page is read in one transaction. Calls that were removed since are passed over. */
export function readChanges(connection: Connection, question: FeedQuestion): FeedPage {
  return connection.read(() => {
    const { since, limit } = question;
    const newest = lastSequence(connection);
    const removedThrough = Number(connection.value('SELECT value FROM meta WHERE name = ?', [REMOVED_THROUGH]) ?? 0);
    if (since < removedThrough || since > newest) return { entries: [], nextSince: newest, more: false, reset: true };
    const until = Math.min(newest, lookedAtUntil(connection, since) ?? newest);
    const found = entriesOf(connection, question, until);
    const entries = found.slice(0, limit);
    const isCut = found.length > limit;
    const nextSince = isCut ? (entries.at(-1)?.sequence ?? since) : until;
    return { entries, nextSince, more: nextSince < newest, reset: false };
  });
}

function lookedAtUntil(connection: Connection, since: number): number | null {
  return connection.value(
    `SELECT sequence FROM changes WHERE sequence > ? ORDER BY sequence LIMIT 1 OFFSET ${LOOKED_AT - 1}`,
    [since],
  ) as number | null;
}

function entriesOf(
  connection: Connection,
  { since, limit, projectIds, filter, moment }: FeedQuestion,
  until: number,
): FeedEntry[] {
  const isMatch = whereClause(filter, moment);
  const isVisible = projectIds === null ? '' : 'AND project_id IN (SELECT value FROM json_each(?))';
  const rows = connection.all(
    `SELECT sequence, ${isMatch.sql === '' ? 'TRUE' : `(${isMatch.sql}) IS TRUE`}, ${CALL_COLUMNS.join(', ')}
      FROM (SELECT sequence, call_id FROM changes WHERE sequence > ? AND sequence <= ? ${isVisible}) AS feed
      CROSS JOIN calls ON id = call_id ORDER BY sequence ${LIMIT}`,
    [...isMatch.values, since, until, ...(projectIds === null ? [] : [JSON.stringify(projectIds)]), limit + 1],
  );
  return rows.map(([sequence, matches, ...call]) => ({
    sequence: sequence as number,
    call: toCall(call),
    matches: matches === 1,
  }));
}
