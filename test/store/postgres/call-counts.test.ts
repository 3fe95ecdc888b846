import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../../bench/make-calls.ts';
import { joinCounts } from '../../../src/store/postgres/call-counts.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import { contextOf, saveOf } from '../../support/commands.ts';
import { makeCall } from '../../support/make-call.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';
import { NOW } from '../random-calls.ts';

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
  const random = randomOf(7);
  const below = (limit: number) => Math.floor(random() * limit);
  const context = (projectId: number) =>
    contextOf({ now: NOW + below(100), projectIds: below(2) === 0 ? null : [projectId] });
  const oneOf = [
    (project: number) =>
      store.execute(
        saveOf(
          Array.from({ length: 1 + below(5) }, (_, index) => ({
            callerId: `+4416329600${10 + index}`,
            externalId: `e${below(30)}`,
            outboundType: 'manual' as const,
          })),
          { projectId: project },
        ),
        contextOf({ now: NOW }),
      ),
    (project: number) =>
      store.execute({ kind: 'claim', choose: { filter: {} }, agent: 'a', leaseSeconds: 60 }, context(project)),
    () => store.execute({ kind: 'cancel', rows: { ids: [1 + below(60)] }, code: 'a' }, contextOf({ now: NOW })),
    () => store.execute({ kind: 'cancel', rows: { ids: [1 + below(60), 9_999] }, code: 'a' }, contextOf({ now: NOW })),
    () =>
      store.execute(
        {
          kind: 'update',
          edits: [{ id: 1 + below(60), content: { attendType: below(2) ? 'attended' : 'unattended' } }],
        },
        contextOf({ now: NOW }),
      ),
    async () => {
      const session = await store.beginImport();
      await session.add([
        makeCall({ status: 'completed', callerId: '+441632960001' }),
        makeCall({ callerId: '+441632960002' }),
      ]);
      if (below(3) === 0) await session.rollback();
      else await session.commit();
    },
    () => store.tidy({ repeatsBefore: 0, closedCallsBefore: NOW + below(2) * 1_000 }),
    () => joinCounts(database),
  ];
  for (let step = 0; step < 150; step++) {
    const works = Array.from({ length: 1 + below(4) }, () => oneOf[below(oneOf.length)]?.(1 + below(3)));
    await Promise.all(works.map((work) => work?.catch(() => undefined)));
    expect(await counted()).toEqual(await there());
  }
  await joinCounts(database);
  expect(await counted()).toEqual(await there());
  const rows = await sql`SELECT count(*)::int AS rows FROM call_counts`;
  expect(rows[0]?.rows).toBe((await there()).length);
  expect((await there()).length).toBeGreaterThan(3);
});
