import { CALL_EVENTS, STATUSES } from '../../../../client/src/contract.ts';
import { OPEN_STATUSES } from '../../../core/call.ts';
import { checkWord, literals } from '../literals.ts';

/** Missed calls: one open item per project and number, and what is kept of watching a PBX. */
export const capture: readonly string[] = [
  // The words of events have become more, and a CHECK cannot be changed.
  `CREATE TABLE history_with_capture (
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
  'INSERT INTO history_with_capture SELECT * FROM history ORDER BY call_id, number',
  'DROP TABLE history',
  'ALTER TABLE history_with_capture RENAME TO history',

  `CREATE UNIQUE INDEX calls_missed_open ON calls (project_id, caller_number_reversed)
    WHERE source = 'missed_call' AND status IN (${literals(OPEN_STATUSES)})`,
  `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('calls', 'calls_missed_open', '10000 1000 1')`,

  // Legs that were counted: a second witness, or a record read again, finds them here. `at` is by the clock of the PBX,
  // `heard_at` by ours.
  `CREATE TABLE seen_legs (
    pbx TEXT NOT NULL,
    leg_id TEXT NOT NULL,
    verdict TEXT NOT NULL ${checkWord('verdict', ['missed', 'reached'])},
    at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    PRIMARY KEY (pbx, leg_id, verdict)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX seen_legs_by_pbx ON seen_legs (pbx, at)',
  'CREATE INDEX seen_legs_by_time ON seen_legs (heard_at)',

  // A miss may be told after the customer was reached.
  `CREATE TABLE last_reached (
    project_id INTEGER NOT NULL,
    number TEXT NOT NULL,
    at INTEGER NOT NULL,
    how TEXT NOT NULL ${checkWord('how', ['inbound', 'outbound'])},
    heard_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, number)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX last_reached_by_time ON last_reached (heard_at)',

  'CREATE TABLE own_channels (channel_id TEXT PRIMARY KEY, heard_at INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE INDEX own_channels_by_time ON own_channels (heard_at)',

  `CREATE TABLE unlisted_misses (
    project_id INTEGER NOT NULL,
    why TEXT NOT NULL ${checkWord('why', ['withheld', 'not_dialable'])},
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (hour, project_id, why)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE capture_gaps (
    pbx TEXT NOT NULL,
    instance TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER,
    reason TEXT NOT NULL,
    is_filled INTEGER,
    PRIMARY KEY (from_at, pbx, instance)
  ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE read_places (
    pbx TEXT NOT NULL,
    reader TEXT NOT NULL,
    place TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (pbx, reader)
  ) STRICT, WITHOUT ROWID`,
  'ANALYZE sqlite_schema',
];
