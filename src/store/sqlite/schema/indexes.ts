/** Indexes that only make reading faster; an import into an empty table makes them at its end. */
export const SECONDARY_INDEXES: readonly string[] = [
  'CREATE INDEX calls_by_status ON calls (status, created_at, schedule)',
  'CREATE INDEX calls_by_project ON calls (project_id, outbound_type, attend_type)',
  'CREATE INDEX calls_by_caller ON calls (caller_number_reversed)',
  'CREATE INDEX calls_by_external_id ON calls (external_id) WHERE external_id IS NOT NULL',
  'CREATE INDEX calls_by_campaign_name ON calls (campaign_name, status) WHERE campaign_name IS NOT NULL',
  'CREATE INDEX calls_by_campaign_info ON calls (campaign_info, status) WHERE campaign_info IS NOT NULL',
  'CREATE INDEX calls_by_dnid ON calls (dnid_normalized) WHERE dnid_normalized IS NOT NULL',
  `CREATE INDEX calls_by_outbound_number ON calls (outbound_number_normalized)
    WHERE outbound_number_normalized IS NOT NULL`,
  'CREATE INDEX calls_by_inbound_route ON calls (inbound_route_id) WHERE inbound_route_id IS NOT NULL',
  'CREATE INDEX calls_by_destination ON calls (destination, type)',
  'CREATE INDEX calls_by_source ON calls (source)',
  'CREATE INDEX calls_by_status_reason ON calls (status_reason) WHERE status_reason IS NOT NULL',
  'CREATE INDEX calls_by_last_result ON calls (last_result) WHERE last_result IS NOT NULL',
  'CREATE INDEX calls_by_claimed_by ON calls (claimed_by) WHERE claimed_by IS NOT NULL',
  'CREATE INDEX calls_by_created_at ON calls (created_at)',
  'CREATE INDEX calls_by_updated_at ON calls (updated_at)',
  'CREATE INDEX calls_by_schedule ON calls (schedule)',
  'CREATE INDEX calls_by_last_missed_at ON calls (last_missed_at)',
  'CREATE INDEX calls_by_next_attempt_at ON calls (next_attempt_at)',
  'CREATE INDEX calls_by_priority ON calls (priority)',
  'CREATE INDEX calls_by_dial_order ON calls (priority DESC, due_since)',
  `CREATE INDEX calls_pending ON calls (id, schedule, next_attempt_at, outbound_type, created_at)
    WHERE status = 'pending'`,
  `CREATE INDEX calls_pending_by_schedule ON calls (schedule, next_attempt_at) WHERE status = 'pending'`,
  `CREATE INDEX calls_pending_by_dial_order ON calls (priority DESC, due_since) WHERE status = 'pending'`,
];
