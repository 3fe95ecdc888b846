import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { joinCounts } from '../../../src/store/postgres/call-counts.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';
import { randomChanges } from '../change-at-random.ts';

const COUNTED = `SELECT project_id, outbound_type, attend_type, status, sum(count)::int AS count FROM call_counts
  GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0 ORDER BY 1, 2, 3, 4`;
const THERE = `SELECT project_id, outbound_type, attend_type, status, count(*)::int AS count FROM calls
  GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;

async function opened() {
  const url = await createCallsDatabase();
  const sql = postgres(url, { max: 1 });
  onTestFinished(() => sql.end());
  const store = await openTestStore(url);
  onTestFinished(() => store.close());
  return { url, store, counted: () => sql.unsafe(COUNTED), there: () => sql.unsafe(THERE), sql };
}

test('the counts are those of the calls after saves, edits, claims, cancellations, imports and removals, also while they are joined', async () => {
  const { url, store, counted, there, sql } = await opened();
  const database = new Database({ url, mostSessions: 1 });
  onTestFinished(() => database.close());
  const change = randomChanges(store, 7, [() => joinCounts(database)]);
  for (let step = 0; step < 150; step++) {
    await change();
    expect(await counted()).toEqual(await there());
  }
  await joinCounts(database);
  expect(await counted()).toEqual(await there());
  const rows = await sql`SELECT count(*)::int AS rows FROM call_counts`;
  expect(rows[0]?.rows).toBe((await there()).length);
  expect((await there()).length).toBeGreaterThan(3);
});
