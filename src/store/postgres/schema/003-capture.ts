import { OPEN_STATUSES } from '../../../core/call.ts';
import { checkWord, literals } from '../literals.ts';

/** Missed calls: one open item per project and number, and what is kept of watching a PBX. */
export const capture: readonly string[] = [
  `CREATE UNIQUE INDEX calls_missed_open ON calls (project_id, caller_number_reversed)
    WHERE source = 'missed_call' AND status IN (${literals(OPEN_STATUSES)})`,

  // Legs that were counted: a second witness, or a record read again, finds them here. `at` is by the clock of the PBX,
  // `heard_at` by ours.
  `CREATE TABLE seen_legs (
    pbx text COLLATE "C" NOT NULL,
    leg_id text COLLATE "C" NOT NULL,
    verdict text COLLATE "C" NOT NULL ${checkWord('verdict', ['missed', 'reached'])},
    at bigint NOT NULL,
    heard_at bigint NOT NULL,
    PRIMARY KEY (pbx, leg_id, verdict)
  )`,
  'CREATE INDEX seen_legs_by_pbx ON seen_legs (pbx, at)',
  'CREATE INDEX seen_legs_by_time ON seen_legs (heard_at)',

  // A miss may be told after the customer was reached.
  `CREATE TABLE last_reached (
    project_id bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    how text NOT NULL ${checkWord('how', ['inbound', 'outbound'])},
    heard_at bigint NOT NULL,
    PRIMARY KEY (project_id, number)
  )`,
  'CREATE INDEX last_reached_by_time ON last_reached (heard_at)',

  'CREATE TABLE own_channels (channel_id text COLLATE "C" PRIMARY KEY, heard_at bigint NOT NULL)',
  'CREATE INDEX own_channels_by_time ON own_channels (heard_at)',

  `CREATE TABLE unlisted_misses (
    project_id bigint NOT NULL,
    why text COLLATE "C" NOT NULL ${checkWord('why', ['withheld', 'not_dialable'])},
    hour bigint NOT NULL,
    count bigint NOT NULL,
    last_at bigint NOT NULL,
    PRIMARY KEY (hour, project_id, why)
  )`,

  `CREATE TABLE capture_gaps (
    pbx text COLLATE "C" NOT NULL,
    instance text COLLATE "C" NOT NULL,
    from_at bigint NOT NULL,
    to_at bigint,
    reason text NOT NULL,
    is_filled boolean,
    PRIMARY KEY (from_at, pbx, instance)
  )`,

  `CREATE TABLE read_places (
    pbx text COLLATE "C" NOT NULL,
    reader text COLLATE "C" NOT NULL,
    place text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (pbx, reader)
  )`,
];
