import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { NOW } from '../../support/commands.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { openTestStore } from '../../support/postgres-store.ts';

const CHANGES = 20_000;

test('clearing away the change feed looks at each entry of its index a few times, while somebody reads an older moment', async () => {
  const url = await createTestDatabase();
  await (await openTestStore(url)).close();
  const sql = postgres(url, { max: 1 });
  onTestFinished(() => sql.end());
  const read = async () => {
    const [row] = await sql`SELECT idx_tup_read::int AS entries FROM pg_stat_user_indexes
      WHERE indexrelname = 'changes_pkey'`;
    return row?.entries as number;
  };
  await sql`INSERT INTO changes SELECT n, n, 1, ${NOW} FROM generate_series(1, ${CHANGES}::bigint) AS n`;
  await sql`UPDATE counters SET last_sequence = ${CHANGES}`;
  await sql`VACUUM ANALYZE changes`;
  const reader = postgres(url, { max: 1 });
  onTestFinished(() => reader.end());
  await reader.begin('ISOLATION LEVEL REPEATABLE READ', async (moment) => {
    await moment`SELECT 1 FROM counters`;
    const store = await openTestStore(url);
    expect(await store.tidy({ repeatsBefore: 0, changesBefore: NOW + 1 })).toMatchObject({ changes: CHANGES });
    // What a connection has done is counted when it ends, if not before.
    await store.close();
  });
  await expect.poll(read).toBeGreaterThanOrEqual(CHANGES);
  expect(await read()).toBeLessThan(4 * CHANGES);
});
