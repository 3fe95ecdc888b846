import { BACKUP_PLACE } from '../../core/backup-place.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { TableContent } from '../../core/table-content.ts';
import { BACKUP_MARK } from './backup.ts';
import { COUNTED_THROUGH } from './call-counts.ts';
import { checkFile } from './check-database.ts';
import { Connection } from './connection.ts';
import { DERIVED_COLUMNS } from './insert-calls.ts';
import { requireNewestSchema } from './migrate.ts';
import { CALL_COLUMNS, type SqlValue } from './row-columns.ts';
import { REMOVED_THROUGH } from './tidy.ts';
import { isLocked } from './translate-error.ts';

export interface ExportedDatabase {
  /** All that is to be kept, as of one moment. */
  tables: readonly TableContent[];
  /** When the copy was made that this database began as; undefined: it is an original. */
  backupMark: string | undefined;
  close(): void;
}

export interface ExportOptions {
  path: string;
  /**
   * Nobody else may have the database open, nor can open it meanwhile: what is exported is then all there is. Otherwise
   * others go on writing what is not exported.
   */
  isAlone: boolean;
}

/**
 * Opens a database to hand all of it to another one.
 * @throws StoreUnavailableError when it is to be alone and others have it open
 * @throws StoreUnusableError when it is not of this program and version
 */
export function exportDatabase({ path, isAlone }: ExportOptions): ExportedDatabase {
  checkFile(path);
  const connection = open(path, isAlone);
  try {
    requireNewestSchema(connection);
    const backupMark = connection.value('SELECT value FROM meta WHERE name = ?', [BACKUP_MARK]) as string | null;
    return {
      tables: TABLES.map((table) => contentOf(connection, table)),
      backupMark: backupMark ?? undefined,
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** In a transaction that ends with the connection. */
function open(path: string, isAlone: boolean): Connection {
  const options = { isMapped: false, cacheMegabytes: 8 };
  let connection: Connection | undefined;
  try {
    connection = new Connection(path, { ...options, ...(isAlone ? { isAlone } : { readOnly: true }) });
    connection.run(isAlone ? 'BEGIN EXCLUSIVE' : 'BEGIN');
    connection.get('SELECT 1 FROM sqlite_schema');
    return connection;
  } catch (error) {
    connection?.close();
    throw isAlone && isLocked(error) ? inUse(path, error) : error;
  }
}

function inUse(path: string, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(
    `${path} is in use: stop the server, and whatever else works with it, so that nothing is left behind`,
    { cause },
  );
}

interface Table {
  name: string;
  columns: readonly string[];
  key: readonly string[];
  /** Where the rows are found; default: the table of the name. */
  from?: string;
}

/** All but `call_counts`: whoever takes calls over counts them anew. */
const TABLES: readonly Table[] = [
  {
    name: 'meta',
    columns: ['name', 'value'],
    key: ['name'],
    from: `(SELECT name, value FROM meta
      WHERE name NOT IN ('${BACKUP_MARK}', '${REMOVED_THROUGH}', '${COUNTED_THROUGH}'))`,
  },
  {
    name: 'counters',
    columns: ['is_only', 'last_id', 'last_sequence', 'changes_removed_through'],
    key: ['is_only'],
    from: `(SELECT 't' AS is_only,
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'calls'), 0) AS last_id,
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) AS last_sequence,
      coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = '${REMOVED_THROUGH}'), 0)
        AS changes_removed_through)`,
  },
  {
    name: 'tokens',
    columns: ['id', 'name', 'hash', 'sealed_key', 'scope', 'project_ids', 'agent', 'created_at', 'revoked_at'],
    key: ['id'],
  },
  { name: 'calls', columns: [...CALL_COLUMNS, ...DERIVED_COLUMNS], key: ['id'] },
  { name: 'bodies', columns: ['id', 'json'], key: ['id'] },
  {
    name: 'history',
    columns: ['call_id', 'number', 'at', 'actor', 'event', 'from_status', 'to_status', 'reason', 'facts'],
    key: ['call_id', 'number'],
  },
  { name: 'changes', columns: ['sequence', 'call_id', 'project_id', 'at'], key: ['sequence'] },
  {
    name: 'repeats',
    columns: ['token_id', 'key', 'fingerprint', 'outcome', 'expires'],
    key: ['token_id', 'key'],
  },
  {
    name: 'do_not_call',
    columns: ['number_reversed', 'project_id', 'reason', 'until', 'added_by', 'added_at'],
    key: ['number_reversed', 'project_id'],
  },
  {
    name: 'seen_legs',
    columns: ['pbx', 'leg_id', 'verdict', 'at', 'heard_at'],
    key: ['pbx', 'leg_id', 'verdict'],
  },
  { name: 'last_reached', columns: ['project_id', 'number', 'at', 'how', 'heard_at'], key: ['project_id', 'number'] },
  { name: 'own_channels', columns: ['channel_id', 'heard_at'], key: ['channel_id'] },
  {
    name: 'unlisted_misses',
    columns: ['project_id', 'why', 'hour', 'count', 'last_at'],
    key: ['hour', 'project_id', 'why'],
  },
  {
    name: 'capture_gaps',
    columns: ['pbx', 'instance', 'from_at', 'to_at', 'reason', 'is_filled'],
    key: ['from_at', 'pbx', 'instance'],
    from: `(SELECT pbx, instance, from_at, to_at, reason,
      CASE is_filled WHEN 1 THEN 't' WHEN 0 THEN 'f' END AS is_filled FROM capture_gaps)`,
  },
  {
    name: 'read_places',
    columns: ['pbx', 'reader', 'place', 'at'],
    key: ['pbx', 'reader'],
    // A backup of the file is none of the other database.
    from: `(SELECT pbx, reader, place, at FROM read_places
      WHERE NOT (pbx = '${BACKUP_PLACE.pbx}' AND reader = '${BACKUP_PLACE.reader}'))`,
  },
];

const BATCH = 200;

function contentOf(connection: Connection, { name, columns, key, from = name }: Table): TableContent {
  const keyList = key.join(', ');
  const select = (where: string) =>
    `SELECT ${columns.join(', ')} FROM ${from} ${where} ORDER BY ${keyList} LIMIT ${BATCH}`;
  const first = select('');
  const next = select(`WHERE (${keyList}) > (${key.map(() => '?').join(', ')})`);
  const places = key.map((column) => columns.indexOf(column));

  function* rows(): Generator<readonly (readonly SqlValue[])[]> {
    let batch = connection.all(first);
    while (batch.length > 0) {
      yield batch;
      const last = batch.at(-1) as readonly SqlValue[];
      const reached = places.map((place) => last[place] ?? null);
      batch = batch.length < BATCH ? [] : connection.all(next, reached);
    }
  }

  return {
    ...{ table: name, columns, key, rows },
    count: () => Number(connection.value(`SELECT count(*) FROM ${from}`)),
  };
}
