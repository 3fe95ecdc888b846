import { checkWord } from '../literals.ts';

/** Who is not to be called. */
export const doNotCall: readonly string[] = [
  // The number as it is compared, backwards as in calls. Project 0 stands for all projects: NULL may not be in a key.
  `CREATE TABLE do_not_call (
    number_reversed TEXT NOT NULL,
    project_id INTEGER NOT NULL,
    reason TEXT,
    until INTEGER,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (number_reversed, project_id)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX do_not_call_by_time ON do_not_call (added_at)',
  'CREATE INDEX do_not_call_by_end ON do_not_call (until) WHERE until IS NOT NULL',

  // One more reason, and a CHECK cannot be changed.
  `CREATE TABLE unlisted_misses_with_do_not_call (
    project_id INTEGER NOT NULL,
    why TEXT NOT NULL ${checkWord('why', ['withheld', 'not_dialable', 'do_not_call'])},
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (hour, project_id, why)
  ) STRICT, WITHOUT ROWID`,
  'INSERT INTO unlisted_misses_with_do_not_call SELECT * FROM unlisted_misses',
  'DROP TABLE unlisted_misses',
  'ALTER TABLE unlisted_misses_with_do_not_call RENAME TO unlisted_misses',
  'ANALYZE sqlite_schema',
];
