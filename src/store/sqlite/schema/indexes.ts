interface Index {
  name: string;
  on: string;
  /** How many entries there are, then how many share the first column, the first two, and so on; see `STATISTICS`. */
  statistics: string;
}

/**
 * Indexes that only make reading faster; an import into an empty table makes them at its end.
 *
 * Weighed at a million calls, in transactions of 1,000, FULL: without any of these a call costs 17 us of CPU to store,
 * with all of them 67 to 76 us (some 13,000 calls a second, a larger `wal_autocheckpoint` saves another 5 us). Dear are
 * those where each call touches a page of its own: numbers (11 us); names would have been (17 us), hence FTS5. Cheap, 1
 * to 2 us each, are those where calls of a moment lie together: times, words, priorities. In return no documented
 * filter or sort reads the table of calls from end to end, and the first page of any sort takes 0.1 ms; the wide columns
 * of calls_by_status (63 MB instead of 25) make combinations of words four times as fast (155 to 35 ms).
 */
const INDEXES: readonly Index[] = [
  // All columns that hold words: any combination of filters on them is answered from here, in order of id or not.
  {
    name: 'calls_by_status',
    on: `(status, created_at, schedule, project_id, outbound_type, attend_type, type, source, last_result,
      next_attempt_at)`,
    statistics: '1000000 300000 2 2 1 1 1 1 1 1 1',
  },
  {
    name: 'calls_by_project',
    on: '(project_id, outbound_type, attend_type)',
    statistics: '1000000 100000 50000 25000',
  },
  { name: 'calls_by_caller', on: '(caller_number_reversed)', statistics: '1000000 4' },
  {
    name: 'calls_by_external_id',
    // With the number, so that a save finds its like at once where many calls have one external id.
    on: '(external_id, caller_number_reversed) WHERE external_id IS NOT NULL',
    statistics: '600000 1 1',
  },
  {
    name: 'calls_by_campaign_name',
    on: '(campaign_name, status) WHERE campaign_name IS NOT NULL',
    statistics: '800000 3000 1000',
  },
  {
    name: 'calls_by_campaign_info',
    on: '(campaign_info, status) WHERE campaign_info IS NOT NULL',
    statistics: '300000 3000 1000',
  },
  {
    name: 'calls_by_dnid',
    on: '(dnid_normalized) WHERE dnid_normalized IS NOT NULL',
    statistics: '400000 4000',
  },
  {
    name: 'calls_by_outbound_number',
    on: '(outbound_number_normalized) WHERE outbound_number_normalized IS NOT NULL',
    statistics: '500000 8000',
  },
  {
    name: 'calls_by_inbound_route',
    on: '(inbound_route_id) WHERE inbound_route_id IS NOT NULL',
    statistics: '200000 5000',
  },
  { name: 'calls_by_destination', on: '(destination, type)', statistics: '1000000 10000 10000' },
  // Told to be useless for finding rows, so that they answer counts of their own word only: a row looked up in the table
  // costs ten times an entry of calls_by_status.
  { name: 'calls_by_source', on: '(source)', statistics: '1000000 1000000' },
  {
    name: 'calls_by_status_reason',
    on: '(status_reason) WHERE status_reason IS NOT NULL',
    statistics: '300000 50000',
  },
  {
    name: 'calls_by_last_result',
    on: '(last_result) WHERE last_result IS NOT NULL',
    statistics: '900000 900000',
  },
  { name: 'calls_by_claimed_by', on: '(claimed_by) WHERE claimed_by IS NOT NULL', statistics: '1000 10' },
  { name: 'calls_by_created_at', on: '(created_at)', statistics: '1000000 2' },
  { name: 'calls_by_updated_at', on: '(updated_at)', statistics: '1000000 2' },
  // IS NULL is the only thing that asks these three for one value, and it is the most frequent one.
  { name: 'calls_by_schedule', on: '(schedule)', statistics: '1000000 500000' },
  { name: 'calls_by_last_missed_at', on: '(last_missed_at)', statistics: '1000000 500000' },
  { name: 'calls_by_next_attempt_at', on: '(next_attempt_at)', statistics: '1000000 500000' },
  { name: 'calls_by_priority', on: '(priority)', statistics: '1000000 200000' },
  { name: 'calls_by_priority_downwards', on: '(priority DESC)', statistics: '1000000 200000' },
  { name: 'calls_by_dial_order', on: '(priority DESC, due_since)', statistics: '1000000 200000 2' },
  // Pending calls are few and asked for most. In order of id, with what is filtered and sorted by.
  {
    name: 'calls_pending',
    on: `(id, schedule, next_attempt_at, outbound_type, project_id, created_at, updated_at, last_missed_at, priority,
      due_since, attend_type, type, destination, source, last_result) WHERE status = 'pending'`,
    statistics: '20000 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
  },
  {
    name: 'calls_pending_by_schedule',
    on: `(schedule, next_attempt_at, outbound_type, project_id) WHERE status = 'pending'`,
    statistics: '20000 10000 5000 5000 5000',
  },
  {
    name: 'calls_pending_by_dial_order',
    on: `(priority DESC, due_since) WHERE status = 'pending'`,
    statistics: '20000 5000 1',
  },
  // What agents may claim, in the order in which they get it, with all that being due depends on.
  {
    name: 'calls_claimable',
    on: `(priority DESC, due_since, id, schedule, next_attempt_at)
      WHERE status = 'pending' AND outbound_type = 'manual'`,
    statistics: '10000 2500 1 1 1 1',
  },
];

export const INDEX_NAMES: readonly string[] = INDEXES.map(({ name }) => name);

/**
 * What the planner is told about the data, instead of letting ANALYZE look: plans are then the same on every
 * installation, at every size and in the tests, which check them. The figures are those of a list of a million calls.
 * ANALYZE and `PRAGMA optimize` must not be run, as they would overwrite them.
 */
const STATISTICS: readonly string[] = INDEXES.map(
  ({ name, statistics }) => `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('calls', '${name}', '${statistics}')`,
);

/** Makes the indexes where there are none of them. */
export const CREATE_INDEXES: readonly string[] = [
  ...INDEXES.map(({ name, on }) => `CREATE INDEX ${name} ON calls ${on}`),
  ...STATISTICS,
  // Makes this connection read what was just written; the others do by themselves.
  'ANALYZE sqlite_schema',
];
