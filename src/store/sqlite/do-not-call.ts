import type { CommandOutcome } from '../../core/call-command.ts';
import type { Derivation } from '../../core/call-store.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type {
  AddDoNotCallCommand,
  DoNotCallChange,
  DoNotCallEntry,
  DoNotCallPage,
  DoNotCallQuestion,
  RemoveDoNotCallCommand,
} from '../../core/do-not-call.ts';
import { reversed } from '../../core/search-text.ts';
import { LIMIT_OFFSET } from './bound-limit.ts';
import type { Connection, Row } from './connection.ts';
import type { SqlValue } from './row-columns.ts';
import type { Writing } from './writing.ts';

/** Stands for all projects: no project has this id. */
const ALL_PROJECTS = 0;

const COLUMNS = 'number_reversed, project_id, reason, until, added_by, added_at';
const HOLDS = '(until IS NULL OR until > ?)';

export function addDoNotCall(writing: Writing, command: AddDoNotCallCommand): CommandOutcome {
  const { derivation } = writing;
  const { projectId, numbers } = command;
  const changes = numbers.map((number) => {
    const made = derivation.numbersOf(number, projectId).map((reading) => addEntry(writing, command, reading));
    return made[0] as DoNotCallChange;
  });
  return { kind: 'do_not_call', changes };
}

function addEntry(
  { connection, actor, now }: Writing,
  { projectId, reason, until }: AddDoNotCallCommand,
  number: string,
): DoNotCallChange {
  const before = findEntry(connection, number, projectId, now);
  const entry: DoNotCallEntry = {
    ...{ number, projectId, reason, until },
    addedBy: before?.addedBy ?? actor,
    addedAt: before?.addedAt ?? now,
  };
  if (before?.reason === reason && before.until === until) {
    return { outcome: 'unchanged', number, projectId, entry: before };
  }
  connection.run(`INSERT OR REPLACE INTO do_not_call (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`, valuesOf(entry));
  return { outcome: before === undefined ? 'added' : 'updated', number, projectId, entry };
}

export function removeDoNotCall(writing: Writing, { projectId, numbers }: RemoveDoNotCallCommand): CommandOutcome {
  const { connection, derivation, now } = writing;
  const changes = numbers.map((given): DoNotCallChange => {
    const readings = derivation.numbersOf(given, projectId);
    const removed = readings.map((number) => {
      const entry = findEntry(connection, number, projectId, now);
      connection.run('DELETE FROM do_not_call WHERE number_reversed = ? AND project_id = ?', keyOf(number, projectId));
      return entry;
    });
    const entry = removed.find((found) => found !== undefined);
    if (entry !== undefined) return { outcome: 'removed', number: entry.number, projectId, entry };
    return { outcome: 'absent', number: readings[0] ?? given, projectId, entry: null };
  });
  return { kind: 'do_not_call', changes };
}

/** Whether a number is not to be called for a project at this moment. @param number as it is compared */
export function isDoNotCall({ connection, now }: Writing, projectId: number, number: string): boolean {
  const entry = connection.get(
    `SELECT 1 FROM do_not_call WHERE number_reversed = ? AND project_id IN (${ALL_PROJECTS}, ?) AND ${HOLDS}`,
    [reversed(number), projectId, now],
  );
  return entry !== undefined;
}

/** Of a row of calls; one bound value, the moment. */
export const MAY_BE_CALLED = `NOT EXISTS (SELECT 1 FROM do_not_call AS barred
  WHERE barred.number_reversed = calls.caller_number_reversed
    AND barred.project_id IN (${ALL_PROJECTS}, calls.project_id) AND (barred.until IS NULL OR barred.until > ?))`;

export function readDoNotCall(connection: Connection, question: DoNotCallQuestion): DoNotCallPage {
  const { now, projectIds, numbers, page, limit } = question;
  const conditions = [HOLDS];
  const values: SqlValue[] = [now];
  if (projectIds !== null) {
    conditions.push('project_id IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(projectIds));
  }
  if (numbers !== null) {
    conditions.push('number_reversed IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(numbers.map(reversed)));
  }
  const where = conditions.join(' AND ');
  return connection.read(() => ({
    rowCount: connection.value(`SELECT count(*) FROM do_not_call WHERE ${where}`, values) as number,
    entries: connection
      .all(
        `SELECT ${COLUMNS} FROM do_not_call WHERE ${where}
          ORDER BY added_at DESC, number_reversed DESC, project_id DESC ${LIMIT_OFFSET}`,
        [...values, limit, (page - 1) * limit],
      )
      .map(entryOf),
  }));
}

/**
 * Within the transaction in which all calls are derived anew. What is in international form stays: it is that person's
 * number, whatever the countries of projects are now. Another is kept in every form that a project may give it, so
 * that nobody is called who asked not to be.
 */
export function remakeDoNotCall(connection: Connection, derivation: Derivation): void {
  const national = connection
    .all(`SELECT ${COLUMNS} FROM do_not_call WHERE number_reversed NOT LIKE '%+'`)
    .map(entryOf);
  for (const entry of national) {
    const { number, projectId } = entry;
    const readings = derivation.numbersOf(number, projectId);
    if (readings.length === 1 && readings[0] === number) continue;
    connection.run('DELETE FROM do_not_call WHERE number_reversed = ? AND project_id = ?', keyOf(number, projectId));
    for (const reading of readings) {
      // Of two that become one the later end holds.
      connection.run(
        `INSERT INTO do_not_call (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
        valuesOf({ ...entry, number: reading }),
      );
    }
  }
}

/** An entry that holds. */
function findEntry(
  connection: Connection,
  number: string,
  projectId: number | null,
  now: EpochSeconds,
): DoNotCallEntry | undefined {
  const row = connection.get(
    `SELECT ${COLUMNS} FROM do_not_call WHERE number_reversed = ? AND project_id = ? AND ${HOLDS}`,
    [...keyOf(number, projectId), now],
  );
  return row && entryOf(row);
}

function keyOf(number: string, projectId: number | null): [string, number] {
  return [reversed(number), projectId ?? ALL_PROJECTS];
}

function valuesOf({ number, projectId, reason, until, addedBy, addedAt }: DoNotCallEntry): SqlValue[] {
  return [...keyOf(number, projectId), reason, until, addedBy, addedAt];
}

function entryOf([numberReversed, projectId, reason, until, addedBy, addedAt]: Row): DoNotCallEntry {
  return {
    number: reversed(numberReversed as string),
    projectId: projectId === ALL_PROJECTS ? null : (projectId as number),
    reason: reason as string | null,
    until: until as number | null,
    addedBy: addedBy as string,
    addedAt: addedAt as number,
  };
}
