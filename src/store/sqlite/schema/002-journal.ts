import { CALL_EVENTS, STATUSES } from '../../../../client/src/contract.ts';
import { checkWord } from '../literals.ts';

/** What happened to calls, the feed of changes, repeatable requests, and what claiming needs. */
export const journal: readonly string[] = [
  // By call and not by row, so that a call's history lies together. No index by time: only tidying asks for one.
  `CREATE TABLE history (
    call_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL ${checkWord('event', CALL_EVENTS)},
    from_status TEXT ${checkWord('from_status', STATUSES)},
    to_status TEXT ${checkWord('to_status', STATUSES)},
    reason TEXT,
    facts TEXT,
    PRIMARY KEY (call_id, number)
  ) STRICT, WITHOUT ROWID`,

  // There is one writer at a time, so sequences become visible in their order, without holes. AUTOINCREMENT: the newest
  // one ever given is known when all entries are gone.
  `CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT`,

  `CREATE TABLE repeats (
    token_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    outcome BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (token_id, key)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX repeats_by_expiry ON repeats (expires)',

  // The few calls that somebody holds.
  `CREATE INDEX calls_leased ON calls (claimed_until) WHERE status = 'inprogress'`,
  `CREATE INDEX calls_in_progress_by_caller ON calls (caller_number_reversed) WHERE status = 'inprogress'`,
  `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('calls', 'calls_leased', '1000 2'), ('calls', 'calls_in_progress_by_caller', '1000 1')`,
  'ANALYZE sqlite_schema',
];
