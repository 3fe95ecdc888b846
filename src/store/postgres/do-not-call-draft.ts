import type { EpochSeconds } from '../../core/clock.ts';
import type { DoNotCallEntry } from '../../core/do-not-call.ts';
import { reversed } from '../../core/search-text.ts';
import type { Draft } from './draft.ts';
import type { SqlValue } from './row-columns.ts';
import type { Row, Statement } from './session.ts';

/** Stands for all projects: no project has this id. */
export const ALL_PROJECTS = 0;

export const ENTRY_COLUMNS = 'number_reversed, project_id, reason, until, added_by, added_at';

export interface DoNotCallKey {
  /** As it is compared. */
  number: string;
  projectId: number | null;
}

/** Entries of the do-not-call list that a transaction has looked at, and what it is going to make of them. */
export class DoNotCallDraft {
  readonly #draft: Draft;
  readonly #stored = new Map<string, DoNotCallEntry>();
  /** Null: removed. */
  readonly #changed = new Map<string, { key: DoNotCallKey; entry: DoNotCallEntry | null }>();

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  load(rows: readonly Row[]): void {
    for (const entry of rows.map(entryOf)) this.#stored.set(textOf(entry), entry);
  }

  /** An entry that holds. */
  find(key: DoNotCallKey, now: EpochSeconds): DoNotCallEntry | undefined {
    const changed = this.#changed.get(textOf(key));
    const entry = changed === undefined ? this.#stored.get(textOf(key)) : (changed.entry ?? undefined);
    return entry !== undefined && (entry.until === null || entry.until > now) ? entry : undefined;
  }

  put(entry: DoNotCallEntry): void {
    const { number, projectId } = entry;
    this.#draft.set(this.#changed, textOf(entry), { key: { number, projectId }, entry });
  }

  remove(key: DoNotCallKey): void {
    this.#draft.set(this.#changed, textOf(key), { key, entry: null });
  }

  statements(): Statement[] {
    const changes = [...this.#changed.values()];
    const put = changes.map(({ entry }) => entry).filter((entry) => entry !== null);
    const removed = changes.filter(({ entry }) => entry === null).map(({ key }) => key);
    return [...removeEntries(removed), ...putEntries(put)];
  }
}

/** Looks entries up; their rows are for `load`. */
export function selectEntries(keys: readonly DoNotCallKey[]): Statement {
  return {
    sql: `SELECT ${ENTRY_COLUMNS} FROM do_not_call
      JOIN json_to_recordset(?) AS wanted (number text, project bigint)
        ON number_reversed = wanted.number AND project_id = wanted.project`,
    values: [JSON.stringify(keys.map(keyRow))],
  };
}

/** Those that are there take the reason and the end of these, and who added them. */
export function putEntries(entries: readonly DoNotCallEntry[]): Statement[] {
  if (entries.length === 0) return [];
  return [
    {
      sql: `INSERT INTO do_not_call (${ENTRY_COLUMNS})
        SELECT ${ENTRY_COLUMNS} FROM json_populate_recordset(NULL::do_not_call, ?)
        ON CONFLICT (number_reversed, project_id) DO UPDATE SET reason = excluded.reason, until = excluded.until,
          added_by = excluded.added_by, added_at = excluded.added_at`,
      values: [JSON.stringify(entries.map(entryRow))],
    },
  ];
}

export function removeEntries(keys: readonly DoNotCallKey[]): Statement[] {
  if (keys.length === 0) return [];
  return [
    {
      sql: `DELETE FROM do_not_call USING json_to_recordset(?) AS removed (number text, project bigint)
        WHERE number_reversed = removed.number AND project_id = removed.project`,
      values: [JSON.stringify(keys.map(keyRow))],
    },
  ];
}

/** An entry from the values of `ENTRY_COLUMNS`. */
export function entryOf([numberReversed, projectId, reason, until, addedBy, addedAt]: Row): DoNotCallEntry {
  return {
    number: reversed(numberReversed as string),
    projectId: projectId === ALL_PROJECTS ? null : (projectId as number),
    reason: reason as string | null,
    until: until as number | null,
    addedBy: addedBy as string,
    addedAt: addedAt as number,
  };
}

function entryRow({ number, projectId, reason, until, addedBy, addedAt }: DoNotCallEntry): Record<string, SqlValue> {
  return {
    ...{ number_reversed: reversed(number), project_id: projectId ?? ALL_PROJECTS, reason, until },
    ...{ added_by: addedBy, added_at: addedAt },
  };
}

function keyRow({ number, projectId }: DoNotCallKey): Record<string, SqlValue> {
  return { number: reversed(number), project: projectId ?? ALL_PROJECTS };
}

function textOf({ number, projectId }: DoNotCallKey): string {
  return `${projectId ?? ALL_PROJECTS} ${number}`;
}
