import { CALL_EVENTS, STATUSES } from '../../../../client/src/contract.ts';
import { checkWord } from '../literals.ts';

/** What happened to calls, the feed of changes, repeatable requests, and what claiming needs. */
export const journal: readonly string[] = [
  `CREATE TABLE history (
    call_id bigint NOT NULL,
    number bigint NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    event text NOT NULL ${checkWord('event', CALL_EVENTS)},
    from_status text ${checkWord('from_status', STATUSES)},
    to_status text ${checkWord('to_status', STATUSES)},
    reason text,
    facts text,
    PRIMARY KEY (call_id, number)
  )`,

  `CREATE TABLE changes (
    sequence bigint PRIMARY KEY,
    call_id bigint NOT NULL,
    project_id bigint NOT NULL,
    at bigint NOT NULL
  )`,

  // One row, changed last in every transaction that changes calls and so locked until that one is committed: numbers of
  // the feed become visible in their order, without holes. Neither a sequence of PostgreSQL does that, which gives numbers
  // before the commit, nor is an id of it sure to be the next one. Room is left for its many versions.
  `CREATE TABLE counters (
    is_only boolean PRIMARY KEY DEFAULT TRUE CHECK (is_only),
    last_id bigint NOT NULL,
    last_sequence bigint NOT NULL,
    changes_removed_through bigint NOT NULL
  ) WITH (fillfactor = 10)`,
  'INSERT INTO counters (last_id, last_sequence, changes_removed_through) VALUES (0, 0, 0)',

  `CREATE TABLE repeats (
    token_id bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    outcome bytea NOT NULL,
    expires bigint NOT NULL,
    PRIMARY KEY (token_id, key)
  )`,
  'CREATE INDEX repeats_by_expiry ON repeats (expires)',

  // The few calls that somebody holds.
  `CREATE INDEX calls_leased ON calls (claimed_until) WHERE status = 'inprogress'`,
  `CREATE INDEX calls_in_progress_by_caller ON calls (caller_number_reversed) WHERE status = 'inprogress'`,
];
