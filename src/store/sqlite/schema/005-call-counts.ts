export const COUNT_ANEW = `DELETE FROM call_counts;
  INSERT INTO call_counts SELECT project_id, outbound_type, attend_type, status, count(*) FROM calls GROUP BY 1, 2, 3, 4`;

/** Triggers by their names, so that nothing that writes calls can forget to count them. */
export const COUNTING: Readonly<Record<string, string>> = {
  calls_added: `CREATE TRIGGER calls_added AFTER INSERT ON calls BEGIN ${counted('NEW', 1)}; END`,
  calls_removed: `CREATE TRIGGER calls_removed AFTER DELETE ON calls BEGIN ${counted('OLD', -1)}; END`,
  calls_changed: `CREATE TRIGGER calls_changed AFTER UPDATE OF project_id, outbound_type, attend_type, status ON calls
    BEGIN ${counted('OLD', -1)}; ${counted('NEW', 1)}; END`,
};

/** Exact counts without counting: of some filters that was nearly all that an answer cost. */
export const callCounts: readonly string[] = [
  `CREATE TABLE call_counts (
    project_id INTEGER NOT NULL,
    outbound_type TEXT NOT NULL,
    attend_type TEXT NOT NULL,
    status TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (project_id, outbound_type, attend_type, status)
  ) STRICT, WITHOUT ROWID`,
  COUNT_ANEW,
  ...Object.values(COUNTING),
];

function counted(row: 'OLD' | 'NEW', count: 1 | -1): string {
  return `INSERT INTO call_counts VALUES (${row}.project_id, ${row}.outbound_type, ${row}.attend_type, ${row}.status, ${count})
    ON CONFLICT DO UPDATE SET count = count + excluded.count`;
}
