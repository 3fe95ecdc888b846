import { type Counted, isCounted } from '../../core/call-counts.ts';
import type { CallFilter } from '../../core/call-filter.ts';
import type { Database } from './database.ts';
import type { Statement } from './session.ts';
import { type Condition, whereClause, whereOf } from './where-clause.ts';

/** How many calls of each kind a transaction makes more, or fewer. */
export class CountChange {
  readonly #counts = new Map<string, { of: Counted; count: number }>();

  /** @param before undefined: the call is new */
  changed(before: Counted | undefined, after: Counted): void {
    if (before !== undefined) this.#add(before, -1);
    this.#add(after, 1);
  }

  addAll(other: CountChange): void {
    for (const { of, count } of other.#counts.values()) this.#add(of, count);
  }

  statements(): Statement[] {
    const rows = [...this.#counts.values()]
      .filter(({ count }) => count !== 0)
      .map(({ of: { projectId, outboundType, attendType, status }, count }) => ({
        ...{ project_id: projectId, outbound_type: outboundType, attend_type: attendType, status, count },
      }));
    if (rows.length === 0) return [];
    return [
      {
        sql: 'INSERT INTO call_counts SELECT * FROM json_populate_recordset(NULL::call_counts, ?)',
        values: [JSON.stringify(rows)],
      },
    ];
  }

  #add(of: Counted, count: number): void {
    const key = `${of.projectId} ${of.outboundType} ${of.attendType} ${of.status}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { of, count });
    else known.count += count;
  }
}

/** Counts all there are. Within the transaction of who has filled the table of calls, while nobody else writes to it. */
export const COUNT_ANEW = `DELETE FROM call_counts;
  INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count)
    SELECT project_id, outbound_type, attend_type, status, count(*) FROM calls GROUP BY 1, 2, 3, 4`;

/** How many calls match, without looking at one; undefined where the filter asks for more than calls are counted by. */
export function countedMatches(filter: CallFilter): Condition | undefined {
  if (!isCounted(filter)) return undefined;
  // Columns have the names of those of calls; none of these moves with the clock.
  const { sql, values } = whereClause(filter, { now: 0, pbxConnected: false });
  return { sql: `(SELECT coalesce(sum(count), 0)::bigint FROM call_counts${whereOf({ sql })})`, values };
}

/** Joins the rows of each kind to one. Readers and writers are not held up; rows that come meanwhile are left for the next time. */
export function joinCounts(database: Pick<Database, 'write'>): Promise<unknown> {
  return database.write((session) =>
    session.all(
      `WITH joined AS (DELETE FROM call_counts WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM call_counts FOR UPDATE SKIP LOCKED)) RETURNING *)
      INSERT INTO call_counts (project_id, outbound_type, attend_type, status, count)
        SELECT project_id, outbound_type, attend_type, status, sum(count) FROM joined
        GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0`,
    ),
  );
}
