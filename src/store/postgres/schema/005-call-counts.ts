/** Exact counts without counting, and indexes from which pages are read off in order of id. */
export const callCounts: readonly string[] = [
  // How many calls there are of each project, type and status: the sum of what each transaction adds, negative ones as well.
  // Rows are only ever added, so that writers do not wait for each other, and joined now and then (call-counts.ts). Readers
  // look at all of them, so what is dead is to be cleared away soon.
  `CREATE TABLE call_counts (
    project_id bigint NOT NULL,
    outbound_type text COLLATE "C" NOT NULL,
    attend_type text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    count bigint NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  // What writes calls adds to the counts itself (draft.ts). Removals are counted here, as they are the one thing that a server
  // of an older version, which still runs beside this one, does without looking at the number of the schema first.
  `CREATE FUNCTION count_removed_calls() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count)
      SELECT project_id, outbound_type, attend_type, status, -count(*) FROM removed GROUP BY 1, 2, 3, 4;
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER calls_removed AFTER DELETE ON calls REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_calls()`,
  'LOCK TABLE calls IN SHARE MODE',
  `INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count)
    SELECT project_id, outbound_type, attend_type, status, count(*) FROM calls GROUP BY 1, 2, 3, 4`,

  'DROP INDEX calls_by_project',
  'CREATE INDEX calls_by_project ON calls (project_id, outbound_type, attend_type, id) INCLUDE (status)',
  'DROP INDEX calls_by_campaign_name',
  'CREATE INDEX calls_by_campaign_name ON calls (campaign_name, status, id) WHERE campaign_name IS NOT NULL',
  'DROP INDEX calls_by_campaign_info',
  `CREATE INDEX calls_by_campaign_info ON calls (campaign_info, status, id) INCLUDE (campaign_name)
    WHERE campaign_info IS NOT NULL`,
  'DROP INDEX calls_by_dnid',
  'CREATE INDEX calls_by_dnid ON calls (dnid_normalized, id) WHERE dnid_normalized IS NOT NULL',
  'DROP INDEX calls_by_outbound_number',
  `CREATE INDEX calls_by_outbound_number ON calls (outbound_number_normalized, id)
    WHERE outbound_number_normalized IS NOT NULL`,
  'DROP INDEX calls_by_inbound_route',
  'CREATE INDEX calls_by_inbound_route ON calls (inbound_route_id, id) WHERE inbound_route_id IS NOT NULL',
  `CREATE INDEX calls_pending_by_schedule ON calls (schedule, id) WHERE status = 'pending' AND schedule IS NOT NULL`,
];
