import { setImmediate as breathe } from 'node:timers/promises';
import type { Call } from '../../core/call.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { countMatches } from './call-counts.ts';
import type { Connection } from './connection.ts';
import { idRange } from './find-page.ts';
import { callsOf } from './read-calls.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { allOf, whereClause, whereOf } from './where-clause.ts';

const BATCH = 500;

/**
 * All matching calls in order of id, as of one moment: a read transaction on a connection of its own, which is closed
 * when the consumer is done or stops early. As long as it lasts the write-ahead log cannot be emptied.
 */
export async function* streamCalls(
  connect: () => Connection,
  filter: CallFilter,
  moment: Moment,
): AsyncGenerator<readonly Call[]> {
  const connection = connect();
  try {
    connection.run('BEGIN');
    for (const batch of batches(connection, filter, moment)) {
      yield batch;
      await breathe();
    }
  } finally {
    connection.close();
  }
}

/** Few calls are found first and then read one after the other; among many it is quicker to look at every call. */
function* batches(connection: Connection, filter: CallFilter, moment: Moment): Generator<readonly Call[]> {
  const where = whereClause(filter, moment);
  if (countMatches(connection, filter, where) < idRange(connection).size / 10) {
    const rows = connection.all(`SELECT id FROM calls${whereOf(where)} ORDER BY +id`, where.values);
    const ids = rows.map(([id]) => id as number);
    for (let from = 0; from < ids.length; from += BATCH) yield callsOf(connection, ids.slice(from, from + BATCH));
    return;
  }
  for (let afterId = Number.MIN_SAFE_INTEGER; ; ) {
    const { sql, values } = allOf([where, { sql: 'id > ?', values: [afterId] }]);
    const batch = connection
      .all(`SELECT ${CALL_COLUMNS.join(', ')} FROM calls NOT INDEXED WHERE ${sql} ORDER BY id LIMIT ${BATCH}`, values)
      .map(toCall);
    const last = batch.at(-1);
    if (last === undefined) return;
    yield batch;
    afterId = last.id;
  }
}
