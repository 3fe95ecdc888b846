import { setImmediate as breathe } from 'node:timers/promises';
import type { Call } from '../../core/call.ts';
import type { CallFilter, Moment } from '../../core/call-filter.ts';
import { Connection } from './connection.ts';
import { CALL_COLUMNS, toCall } from './row-columns.ts';
import { whereClause } from './where-clause.ts';

const BATCH = 500;

/**
 * All matching calls in order of id, as of one moment: a read transaction on a connection of its own, which ends when
 * the consumer is done or stops early. As long as it lasts the write-ahead log cannot be emptied.
 */
export async function* streamCalls(path: string, filter: CallFilter, moment: Moment): AsyncGenerator<readonly Call[]> {
  const connection = new Connection(path, { readOnly: true });
  try {
    const { sql, values } = whereClause(filter, moment);
    const where = sql === '' ? '' : ` WHERE ${sql}`;
    let batch: Call[] = [];
    for (const row of connection.iterate(`SELECT ${CALL_COLUMNS.join(', ')} FROM calls${where} ORDER BY id`, values)) {
      batch.push(toCall(row));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
      await breathe();
    }
    if (batch.length > 0) yield batch;
  } finally {
    connection.close();
  }
}
