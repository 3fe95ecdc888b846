/** Exact counts without counting: of some filters that was nearly all that an answer cost. Kept by call-counts.ts. */
export const callCounts: readonly string[] = [
  `CREATE TABLE call_counts (
    project_id INTEGER NOT NULL,
    outbound_type TEXT NOT NULL,
    attend_type TEXT NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (project_id, outbound_type, attend_type, status)
  ) STRICT, WITHOUT ROWID`,
  `INSERT INTO call_counts
    SELECT project_id, outbound_type, attend_type, status, count(*) FROM calls GROUP BY 1, 2, 3, 4`,
  // The newest change that is counted.
  `INSERT INTO meta (name, value)
    SELECT 'counted_through', coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)`,
];
