import type { CommandOutcome } from '../../core/call-command.ts';
import type { Derivation } from '../../core/call-store.ts';
import type {
  AddDoNotCallCommand,
  DoNotCallChange,
  DoNotCallEntry,
  DoNotCallPage,
  DoNotCallQuestion,
  RemoveDoNotCallCommand,
} from '../../core/do-not-call.ts';
import { reversed } from '../../core/search-text.ts';
import type { Database } from './database.ts';
import { ALL_PROJECTS, ENTRY_COLUMNS, entryOf, putEntries, removeEntries } from './do-not-call-draft.ts';
import type { SqlValue } from './row-columns.ts';
import { arrayOf, type Session } from './session.ts';
import type { Writing } from './writing.ts';

export function addDoNotCall(writing: Writing, command: AddDoNotCallCommand): CommandOutcome {
  const changes = command.numbers.map((number) => {
    const readings = writing.derivation.numbersOf(number, command.projectId);
    return readings.map((reading) => addEntry(writing, command, reading))[0] as DoNotCallChange;
  });
  return { kind: 'do_not_call', changes };
}

function addEntry(
  { doNotCall, actor, now }: Writing,
  { projectId, reason, until }: AddDoNotCallCommand,
  number: string,
): DoNotCallChange {
  const before = doNotCall.find({ number, projectId }, now);
  const entry: DoNotCallEntry = {
    ...{ number, projectId, reason, until },
    addedBy: before?.addedBy ?? actor,
    addedAt: before?.addedAt ?? now,
  };
  if (before?.reason === reason && before.until === until) {
    return { outcome: 'unchanged', number, projectId, entry: before };
  }
  doNotCall.put(entry);
  return { outcome: before === undefined ? 'added' : 'updated', number, projectId, entry };
}

export function removeDoNotCall(writing: Writing, { projectId, numbers }: RemoveDoNotCallCommand): CommandOutcome {
  const { doNotCall, derivation, now } = writing;
  const changes = numbers.map((given): DoNotCallChange => {
    const readings = derivation.numbersOf(given, projectId);
    const removed = readings.map((number) => {
      const entry = doNotCall.find({ number, projectId }, now);
      doNotCall.remove({ number, projectId });
      return entry;
    });
    const entry = removed.find((found) => found !== undefined);
    if (entry !== undefined) return { outcome: 'removed', number: entry.number, projectId, entry };
    return { outcome: 'absent', number: readings[0] ?? given, projectId, entry: null };
  });
  return { kind: 'do_not_call', changes };
}

/** Whether a number is not to be called for a project at this moment. @param number as it is compared */
export function isDoNotCall({ doNotCall, now }: Writing, projectId: number, number: string): boolean {
  return [null, projectId].some((project) => doNotCall.find({ number, projectId: project }, now) !== undefined);
}

/** Of a row of calls; one bound value, the moment. */
export const MAY_BE_CALLED = `NOT EXISTS (SELECT 1 FROM do_not_call AS barred
  WHERE barred.number_reversed = calls.caller_number_reversed
    AND barred.project_id IN (${ALL_PROJECTS}, calls.project_id) AND (barred.until IS NULL OR barred.until > ?) OFFSET 0)`;

export function readDoNotCall(database: Database, question: DoNotCallQuestion): Promise<DoNotCallPage> {
  const { now, projectIds, numbers, page, limit } = question;
  const conditions = ['(until IS NULL OR until > ?)'];
  const values: SqlValue[] = [now];
  if (projectIds !== null) {
    conditions.push('project_id = ANY (?::bigint[])');
    values.push(arrayOf(projectIds));
  }
  if (numbers !== null) {
    conditions.push('number_reversed = ANY (?::text[])');
    values.push(arrayOf(numbers.map(reversed)));
  }
  const where = conditions.join(' AND ');
  return database.read(async (session) => {
    const [counted, rows] = await session.together([
      { sql: `SELECT count(*) FROM do_not_call WHERE ${where}`, values },
      {
        sql: `SELECT ${ENTRY_COLUMNS} FROM do_not_call WHERE ${where}
          ORDER BY added_at DESC, number_reversed DESC, project_id DESC LIMIT ? OFFSET ?`,
        values: [...values, limit, (page - 1) * limit],
      },
    ]);
    return { rowCount: counted?.[0]?.[0] as number, entries: (rows ?? []).map(entryOf) };
  });
}

/**
 * Within the transaction in which all calls are derived anew. What is in international form stays: it is that person's
 * number, whatever the countries of projects are now. Another is kept in every form that a project may give it, so
 * that nobody is called who asked not to be.
 */
export async function remakeDoNotCall(session: Session, derivation: Derivation): Promise<void> {
  const national = (
    await session.all(`SELECT ${ENTRY_COLUMNS} FROM do_not_call WHERE number_reversed NOT LIKE '%+'`)
  ).map(entryOf);
  for (const entry of national) {
    const { number, projectId } = entry;
    const readings = derivation.numbersOf(number, projectId);
    if (readings.length === 1 && readings[0] === number) continue;
    for (const { sql, values } of removeEntries([entry])) await session.all(sql, values);
    for (const reading of readings) await addReading(session, { ...entry, number: reading });
  }
}

/** Of two that become one the later end holds. */
async function addReading(session: Session, entry: DoNotCallEntry): Promise<void> {
  const there = await session.get(
    `SELECT ${ENTRY_COLUMNS} FROM do_not_call WHERE number_reversed = ? AND project_id = ?`,
    [reversed(entry.number), entry.projectId ?? ALL_PROJECTS],
  );
  const before = there && entryOf(there);
  const until =
    before === undefined || entry.until === null || before.until === null
      ? (before ?? entry).until && entry.until
      : Math.max(entry.until, before.until);
  for (const { sql, values } of putEntries([{ ...(before ?? entry), until }])) await session.all(sql, values);
}
