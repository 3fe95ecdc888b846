import type { Call } from '../../core/call.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import type { Database } from './database.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { rollback } from './transaction.ts';
import { whereClause, whereOf } from './where-clause.ts';

const BATCH = 500;
/** Whoever takes the calls may be on a slow line. */
const MOST_PAUSE_MS = 600_000;

/**
 * All matching calls in order of id, as of one moment: by a cursor in a read transaction, on a connection that is given
 * back when the consumer is done or stops early. As long as it lasts PostgreSQL cannot tidy away what others change.
 */
export async function* streamCalls(
  database: Database,
  filter: CallFilter,
  moment: Moment,
): AsyncGenerator<readonly Call[]> {
  const session = await database.acquire();
  try {
    const { sql, values } = whereClause(filter, moment);
    await session.run(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
      SET LOCAL idle_in_transaction_session_timeout = ${MOST_PAUSE_MS}`);
    await session.all(
      `DECLARE stream NO SCROLL CURSOR FOR
        SELECT ${CALL_COLUMNS.join(', ')} FROM calls${whereOf({ sql })} ORDER BY id`,
      values,
    );
    while (true) {
      const rows = await session.all(`FETCH ${BATCH} FROM stream`);
      if (rows.length === 0) return;
      yield rows.map(toCall);
    }
  } finally {
    await rollback(session);
    database.release(session);
  }
}
