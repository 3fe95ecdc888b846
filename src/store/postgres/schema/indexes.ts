/**
 * Indexes that only make reading faster. Fewer than SQLite has: here each of them gets an entry at every change of a
 * call's status, which is what most changes are. (As they were first made: 005-call-counts.ts has made some of them anew.)
 */
export const CREATE_INDEXES: readonly string[] = [
  'CREATE INDEX calls_by_status ON calls (status, created_at, id)',
  'CREATE INDEX calls_by_project ON calls (project_id, outbound_type, attend_type, status)',
  'CREATE INDEX calls_by_caller ON calls (caller_number_reversed)',
  // With the number, so that a save finds its like at once where many calls have one external id.
  `CREATE INDEX calls_by_external_id ON calls (external_id, caller_number_reversed) WHERE external_id IS NOT NULL`,
  'CREATE INDEX calls_by_campaign_name ON calls (campaign_name, status) WHERE campaign_name IS NOT NULL',
  'CREATE INDEX calls_by_campaign_info ON calls (campaign_info, status) WHERE campaign_info IS NOT NULL',
  'CREATE INDEX calls_by_dnid ON calls (dnid_normalized) WHERE dnid_normalized IS NOT NULL',
  `CREATE INDEX calls_by_outbound_number ON calls (outbound_number_normalized)
    WHERE outbound_number_normalized IS NOT NULL`,
  'CREATE INDEX calls_by_inbound_route ON calls (inbound_route_id) WHERE inbound_route_id IS NOT NULL',
  'CREATE INDEX calls_by_destination ON calls (destination) WHERE destination IS NOT NULL',
  'CREATE INDEX calls_by_status_reason ON calls (status_reason) WHERE status_reason IS NOT NULL',
  'CREATE INDEX calls_by_claimed_by ON calls (claimed_by) WHERE claimed_by IS NOT NULL',
  'CREATE INDEX calls_by_created_at ON calls (created_at, id)',
  'CREATE INDEX calls_by_updated_at ON calls (updated_at, id)',
  'CREATE INDEX calls_by_schedule ON calls (schedule, id) WHERE schedule IS NOT NULL',
  'CREATE INDEX calls_by_last_missed_at ON calls (last_missed_at, id) WHERE last_missed_at IS NOT NULL',
  'CREATE INDEX calls_by_next_attempt_at ON calls (next_attempt_at, id) WHERE next_attempt_at IS NOT NULL',
  'CREATE INDEX calls_by_dial_order ON calls (priority DESC, due_since, id)',
  // The words of callerIdName (search-text.ts). An index of this kind gathers what is new and merges it later.
  `CREATE INDEX calls_by_name ON calls USING gin (array_to_tsvector(string_to_array(name_words, ' ')))
    WHERE name_words IS NOT NULL`,
  // Pending calls are few and asked for most.
  `CREATE INDEX calls_pending ON calls (id) INCLUDE (schedule, next_attempt_at, outbound_type, project_id, created_at)
    WHERE status = 'pending'`,
  `CREATE INDEX calls_pending_unscheduled ON calls (created_at, id) WHERE status = 'pending' AND schedule IS NULL`,
  // What agents may claim, in the order in which they get it.
  `CREATE INDEX calls_claimable ON calls (priority DESC, due_since, id)
    WHERE status = 'pending' AND outbound_type = 'manual'`,
];
