import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomOf } from '../../../bench/make-calls.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { runChild } from './children/run-child.ts';

/** More of them in a longer run: KILLS=100. */
const KILLS = Number(process.env.KILLS ?? 5);
const RANK = { pending: 0, inprogress: 1, completed: 2 } as const;

test('after a kill at any moment what was acknowledged is there, and everything else wholly or not at all', async () => {
  const path = join(tempFolder(), 'calls.db');
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = randomOf(seed);
  const acknowledged: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    const child = runChild('work-off', path, String(round));
    await child.printed(`saved ${round}/0/0`);
    // Not waiting for anything: the moment of the kill is to be any.
    await pause(random() * 300);
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    // The last line may be cut.
    acknowledged.push(...child.output().split('\n').slice(0, -1));

    const connection = new Connection(path);
    expect(lost(connection, acknowledged), `seed ${seed}`).toEqual([]);
    expect(disagreements(connection), `seed ${seed}`).toEqual([]);
    connection.close();
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS * 3);
}, 600_000);

function lost(connection: Connection, acknowledged: readonly string[]): string[] {
  const campaigns = new Set(connection.all('SELECT DISTINCT campaign_name FROM calls').flat());
  const statuses = new Map(connection.all('SELECT id, status FROM calls').map(([id, status]) => [String(id), status]));
  return acknowledged.filter((line) => {
    const [what, which = ''] = line.split(' ');
    if (what === 'saved') return !campaigns.has(which);
    const status = statuses.get(which) as keyof typeof RANK | undefined;
    return status === undefined || RANK[status] < RANK[what as keyof typeof RANK];
  });
}

/** What of rows, history and feed does not fit together. */
function disagreements(connection: Connection): unknown[] {
  return [
    ['integrity', `SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'`],
    ['saved in part', 'SELECT campaign_name FROM calls GROUP BY campaign_name HAVING count(*) <> 3'],
    ['without a body', 'SELECT id FROM calls WHERE id NOT IN (SELECT id FROM bodies)'],
    ['body of another time', `SELECT id FROM calls JOIN bodies USING (id) WHERE json ->> 'status' <> status`],
    [
      'status that the history does not lead to',
      `SELECT id FROM calls WHERE status IS NOT
        (SELECT to_status FROM history WHERE call_id = id ORDER BY number DESC LIMIT 1)`,
    ],
    [
      'history with a gap',
      `SELECT * FROM history AS entry WHERE from_status IS NOT
        (SELECT to_status FROM history WHERE call_id = entry.call_id AND number = entry.number - 1)`,
    ],
    [
      'other changes in the feed than in the history',
      `SELECT call_id FROM (SELECT call_id, 1 AS step FROM history UNION ALL SELECT call_id, -1 FROM changes)
        GROUP BY call_id HAVING sum(step) <> 0`,
    ],
    ['feed with a gap', 'SELECT count(*), max(sequence) FROM changes HAVING count(*) <> max(sequence)'],
  ].flatMap(([what = '', sql = '']) => connection.all(sql).map((row) => [what, ...row]));
}
