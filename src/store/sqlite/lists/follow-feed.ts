import type { EpochSeconds } from '../../../core/clock.ts';
import { LIST_COLUMNS, type ListRow, toListRow } from '../../lists/list-row.ts';
import { NO_CHANGES, type RowChanges } from '../../lists/row-changes.ts';
import type { Connection } from '../connection.ts';

const COLUMNS = LIST_COLUMNS.map((column) => `calls.${column}`).join(', ');
/** In one statement: after each commit of another connection SQLite begins with no page in its cache. */
const SELECT_CHANGED = `SELECT changes.call_id, ${COLUMNS} FROM changes LEFT JOIN calls ON calls.id = changes.call_id
  WHERE sequence > ? AND sequence <= ?`;

/**
 * The calls that changed from one place in the change feed to another, as they are now.
 * @returns undefined when they are more than `most`, or the feed is no longer kept that far back
 */
export function changedBetween(
  connection: Connection,
  since: number,
  until: number,
  most: number,
): RowChanges | undefined {
  const count = until - since;
  if (count === 0) return NO_CHANGES;
  if (count < 0 || count > most) return undefined;
  const entries = connection.all(SELECT_CHANGED, [since, until]);
  if (entries.length !== count) return undefined;
  const rows = new Map<number, ListRow>();
  const gone = new Set<number>();
  for (const [callId, ...row] of entries) {
    if (row[0] === null) gone.add(callId as number);
    else rows.set(callId as number, toListRow(row));
  }
  return { rows: [...rows.values()], gone: [...gone] };
}

const SELECT_TURNED = `SELECT id FROM calls INDEXED BY calls_pending_by_schedule
    WHERE status = 'pending' AND schedule > ?1 AND schedule <= ?2
  UNION SELECT id FROM calls INDEXED BY calls_by_next_attempt_at
    WHERE next_attempt_at > ?1 AND next_attempt_at <= ?2
  LIMIT ?3 + 0`;

/**
 * The calls whose schedule or retry pause ends between two instants: all that the clock alone can move, in either
 * direction.
 * @returns undefined when they are more than `most`
 */
export function turnedBetween(
  connection: Connection,
  one: EpochSeconds,
  other: EpochSeconds,
  most: number,
): RowChanges | undefined {
  if (one === other) return NO_CHANGES;
  const found = connection.all(SELECT_TURNED, [Math.min(one, other), Math.max(one, other), most + 1]);
  if (found.length > most) return undefined;
  return {
    rows: listRows(
      connection,
      found.map(([id]) => id as number),
    ),
    gone: [],
  };
}

const SELECT_ROWS = `SELECT ${COLUMNS} FROM json_each(?) AS named CROSS JOIN calls ON calls.id = named.value`;

/** The rows with these ids; those that are gone are left out. */
function listRows(connection: Connection, ids: readonly number[]): ListRow[] {
  return connection.all(SELECT_ROWS, [JSON.stringify(ids)]).map(toListRow);
}
