import { beforeAll, describe, expect, test } from 'vitest';
import { makeCalls } from '../../../bench/make-calls.ts';
import type { CallFilter, CallQuery } from '../../../src/core/call-filter.ts';
import { Database } from '../../../src/store/postgres/database.ts';
import { findPage } from '../../../src/store/postgres/find-page.ts';
import { sql } from '../../../src/store/postgres/sql.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { openTestStore } from '../../support/postgres-store.ts';
import { FILTERS } from '../documented-filters.ts';
import { SORTS } from '../random-calls.ts';

/**
 * These match a good part of all calls whatever they are asked for, or no index is kept for them, as each costs something at every
 * claim: alone, and with each other, the first answer may read all calls. The second comes from a list.
 */
const BROAD = [
  ...['schedule_null', 'schedule_lt and schedule_null', 'outbound_type', 'attend_type', 'assign_type'],
  ...['assign_type no_queue', 'not due', 'source', 'last_result'],
];

/** Counted without looking at calls, and as broad: with one of the others, calls are looked at. */
const COUNTED = ['project_id', 'project_id list', 'status completed', 'status list'];

/** Enough that PostgreSQL rather reads an index than all of them. */
const CALLS = 30_000;
const NOW = 1_764_000_000;

const DAY = 86_400;

/** The same filters with values as callers give them: what PostgreSQL does depends on how many calls match. */
const ASKED: Record<string, CallFilter> = {
  ...FILTERS,
  date_between: { createdAt: { from: NOW - 60 * DAY, to: NOW - 53 * DAY } },
  'date_between from': { createdAt: { from: NOW - 3 * DAY, to: null } },
  updated_between: { updatedAt: { from: NOW - 60 * DAY, to: NOW - 53 * DAY } },
  schedule_lt: { scheduledUntil: NOW - 362 * DAY },
  caller_id: { callerNumbers: ['+441632960001'] },
  'caller_id list': { callerNumbers: ['+441632960001', '+493023125001'] },
  dnid: { dnidNumbers: ['+12025550101'] },
  outbound_number: { outboundNumbers: ['+441632960101'] },
  inbound_route_id: { inboundRouteIds: [3] },
  external_id: { externalIds: ['crm-5'] },
  'external_id list': { externalIds: ['crm-5', 'crm-6'] },
  campaign: { campaigns: ['Campaign 5'] },
  'campaign list': { campaigns: ['Campaign 5', 'Wave 7'] },
  status_reason: { statusReasons: ['cancelled_by_api'] },
  destination: { destinations: ['210'] },
  claimed_by: { claimedBy: ['agent5'] },
};

let database: Database;

beforeAll(async () => {
  const url = await createTestDatabase({ isKept: true });
  const store = await openTestStore(url);
  const session = await store.beginImport();
  let batch = [];
  for (const call of makeCalls({ count: CALLS, seed: 1, now: NOW })) {
    batch.push(call);
    if (batch.length < 1_000) continue;
    await session.add(batch);
    batch = [];
  }
  await session.commit();
  await store.close();
  database = new Database({ url, mostSessions: 1 });
  await database.write((session) => session.run('ANALYZE calls'));
  return () => database.close();
}, 60_000);

async function planOf(query: Partial<CallQuery>): Promise<string> {
  const { page, rowCount } = findPage({
    filter: {},
    sort: 'id',
    limit: 100,
    at: { page: 1 },
    moment: { now: NOW, pbxConnected: false },
    ...query,
  });
  const question = sql`EXPLAIN WITH ${page} SELECT ${rowCount}, (SELECT max(id) FROM page)`;
  const rows = await database.all(question.sql, question.values);
  return rows.map(([line]) => line).join('\n');
}

const ALL_CALLS = /Seq Scan on calls\b/;

describe('the first answer', () => {
  test('to every filter alone is found in an index, but for broad ones', async () => {
    for (const [name, filter] of Object.entries(ASKED)) {
      if (!BROAD.includes(name)) expect(await planOf({ filter }), name).not.toMatch(ALL_CALLS);
    }
  });

  test('to every pair of filters is found in an index, unless both are broad', async () => {
    const names = Object.keys(ASKED);
    const readAll: string[] = [];
    let pairs = 0;
    for (const [place, one] of names.entries()) {
      for (const other of names.slice(place + 1)) {
        const [first, second] = [ASKED[one], ASKED[other]] as [CallFilter, CallFilter];
        const areBroad = [one, other].every((name) => [...BROAD, ...COUNTED].includes(name));
        const isOneFilter = Object.keys(first).some((key) => key in second) || BROAD.includes(`${one} and ${other}`);
        // Nothing is closed and due; not every version of PostgreSQL sees that.
        const isNothing = one.startsWith('status completed') && other === 'due';
        if (areBroad || isOneFilter || isNothing) continue;
        pairs += 1;
        const filter: CallFilter = { ...first, ...second };
        if (ALL_CALLS.test(await planOf({ filter }))) readAll.push(`${one} + ${other}`);
      }
    }
    expect(readAll).toEqual([]);
    expect(pairs).toBeGreaterThan(500);
  });

  test('in every order is found in an index, of all calls and of pending ones', async () => {
    for (const sort of SORTS) {
      for (const filter of [{}, { statuses: ['pending'] }] satisfies CallFilter[]) {
        expect(await planOf({ filter, sort }), `${sort} of ${JSON.stringify(filter)}`).not.toMatch(ALL_CALLS);
      }
    }
  });

  test('without a filter is counted and found without looking at other calls, on whichever page', async () => {
    for (const page of [1, 250]) {
      const plan = await planOf({ at: { page } });
      expect(plan).toMatch(/Seq Scan on call_counts/);
      expect(plan).not.toMatch(ALL_CALLS);
    }
  });
});
