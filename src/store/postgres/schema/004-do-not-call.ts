import { checkWord } from '../literals.ts';

/** Who is not to be called. */
export const doNotCall: readonly string[] = [
  // The number as it is compared, backwards as in calls. Project 0 stands for all projects: NULL may not be in a key.
  `CREATE TABLE do_not_call (
    number_reversed text COLLATE "C" NOT NULL,
    project_id bigint NOT NULL,
    reason text,
    until bigint,
    added_by text NOT NULL,
    added_at bigint NOT NULL,
    PRIMARY KEY (number_reversed, project_id)
  )`,
  'CREATE INDEX do_not_call_by_time ON do_not_call (added_at, number_reversed, project_id)',
  'CREATE INDEX do_not_call_by_end ON do_not_call (until) WHERE until IS NOT NULL',

  'ALTER TABLE unlisted_misses DROP CONSTRAINT unlisted_misses_why_check',
  `ALTER TABLE unlisted_misses ADD ${checkWord('why', ['withheld', 'not_dialable', 'do_not_call'])}`,
];
