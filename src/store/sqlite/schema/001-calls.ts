import {
  ATTEND_TYPES,
  DESTINATION_TYPES,
  OUTBOUND_TYPES,
  RESULTS,
  SCOPES,
  SOURCES,
  STATUSES,
} from '../../../../client/src/contract.ts';
import { OPEN_STATUSES } from '../../../core/call.ts';
import { checkWord, literals } from '../literals.ts';
import { CREATE_INDEXES } from './indexes.ts';

/** Calls, what is derived from them, tokens. Instants are whole seconds since the epoch. */
export const calls: readonly string[] = [
  'CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',

  // AUTOINCREMENT: an id is never given twice, not even after its call is gone.
  `CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL,
    inbound_route_id INTEGER,
    source TEXT NOT NULL ${checkWord('source', SOURCES)},
    status TEXT NOT NULL ${checkWord('status', STATUSES)},
    status_reason TEXT,
    caller_id TEXT NOT NULL,
    caller_id_name TEXT,
    dnid TEXT,
    outbound_number TEXT,
    outbound_trunk TEXT,
    campaign_name TEXT,
    campaign_info TEXT,
    outbound_type TEXT NOT NULL ${checkWord('outbound_type', OUTBOUND_TYPES)},
    attend_type TEXT NOT NULL ${checkWord('attend_type', ATTEND_TYPES)},
    type TEXT ${checkWord('type', DESTINATION_TYPES)},
    destination TEXT,
    priority INTEGER NOT NULL,
    schedule INTEGER,
    external_id TEXT,
    max_retries INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    vars TEXT NOT NULL,
    missed_count INTEGER NOT NULL,
    first_missed_at INTEGER,
    last_missed_at INTEGER,
    claimed_by TEXT,
    claimed_until INTEGER,
    last_result TEXT ${checkWord('last_result', RESULTS)},
    last_attempt_at INTEGER,
    next_attempt_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    caller_number_reversed TEXT NOT NULL,
    dnid_normalized TEXT,
    outbound_number_normalized TEXT,
    due_since INTEGER NOT NULL
  ) STRICT`,

  // The row as the API answers it, apart from the calls so that scans of those stay short.
  `CREATE TABLE bodies (
    id INTEGER PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    json TEXT NOT NULL
  ) STRICT`,

  // The words of callerIdName (search-text.ts), by id. FTS5 gathers what is new and merges it later: 2 us a call, where
  // an ordinary index over beginnings of words took 17 us and three times the space, and counts were twenty times slower.
  `CREATE VIRTUAL TABLE names USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii')`,

  // Saving an open call again must find it, whatever else happens at the same time: hence an index, not a look before.
  `CREATE UNIQUE INDEX calls_open ON calls (project_id, external_id, caller_number_reversed)
    WHERE external_id IS NOT NULL AND status IN (${literals(OPEN_STATUSES)})`,

  // Over empty tables: all it does is to make the table of the planner's statistics.
  'ANALYZE',
  `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('calls', 'calls_open', '10000 500 1 1')`,
  ...CREATE_INDEXES,

  `CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    sealed_key BLOB,
    scope TEXT NOT NULL ${checkWord('scope', SCOPES)},
    project_ids TEXT,
    agent TEXT,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT`,

  // A token of the settings may be taken away and later be set again.
  'CREATE UNIQUE INDEX tokens_valid ON tokens (hash) WHERE revoked_at IS NULL',
];
