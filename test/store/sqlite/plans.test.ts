import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CallFilter } from '../../../src/core/call-filter.ts';
import { LIMIT } from '../../../src/store/sqlite/bound-limit.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { createDatabase } from '../../../src/store/sqlite/create-database.ts';
import { orderedParts } from '../../../src/store/sqlite/ordered-parts.ts';
import { whereClause } from '../../../src/store/sqlite/where-clause.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { FILTERS } from '../documented-filters.ts';

/** These match a good part of all calls whatever they are asked for, so an index is read from end to end. */
const BROAD = [
  'schedule_lt and schedule_null',
  'outbound_type',
  'attend_type',
  'assign_type',
  'assign_type no_queue',
  'not due',
];

async function plansOf(filters: Record<string, CallFilter>): Promise<Map<string, string[]>> {
  const path = join(tempFolder(), 'calls.db');
  await createDatabase(path);
  const connection = new Connection(path);
  const plans = new Map<string, string[]>();
  for (const [name, filter] of Object.entries(filters)) {
    const { sql, values } = whereClause(filter, { now: 1, pbxConnected: false });
    const rows = connection.all(`EXPLAIN QUERY PLAN SELECT count(*) FROM calls WHERE ${sql}`, values);
    const steps = rows.map((row) => String(row[3])).filter((step) => /\bcalls\b/.test(step));
    plans.set(name, steps);
  }
  connection.close();
  return plans;
}

test('every filter alone is answered by searching an index; broad ones by reading one that holds all they need', async () => {
  for (const [name, steps] of await plansOf(FILTERS)) {
    expect(steps.length, name).toBeGreaterThan(0);
    for (const step of steps) {
      if (step.startsWith('SCAN')) expect(BROAD, `${name}: ${step}`).toContain(name);
      expect(step, name).toMatch(/USING (COVERING INDEX|INDEX|INTEGER PRIMARY KEY)/);
    }
  }
});

test('no pair of filters reads the table of calls from end to end', async () => {
  const names = Object.keys(FILTERS);
  const pairs = names.flatMap((one, place) =>
    names.slice(place + 1).map((other) => [`${one} + ${other}`, { ...FILTERS[one], ...FILTERS[other] }] as const),
  );
  for (const [name, steps] of await plansOf(Object.fromEntries(pairs))) {
    for (const step of steps) {
      if (step.startsWith('SCAN')) expect(step, name).toContain('COVERING INDEX');
    }
  }
});

test('parts of a filter that are said to lie in order of id are read off an index without sorting', async () => {
  const path = join(tempFolder(), 'calls.db');
  await createDatabase(path);
  const connection = new Connection(path);
  const filters = Object.entries(FILTERS).map(([name, filter]) => [name, orderedParts(filter) ?? []] as const);
  expect(filters.filter(([, parts]) => parts.length > 0).length).toBeGreaterThan(10);
  for (const [name, parts] of filters) {
    for (const part of parts) {
      const { sql, values } = whereClause(part, { now: 1, pbxConnected: false });
      const statement = `SELECT id FROM calls WHERE ${sql} AND id > ? ORDER BY id ${LIMIT}`;
      const rows = connection.all(`EXPLAIN QUERY PLAN ${statement}`, [...values, 1, 1]);
      const [step, ...others] = rows.map((row) => String(row[3]));
      expect(step, name).toMatch(/^SEARCH calls USING COVERING INDEX/);
      // Of one external id there are few, and they lie in order of their numbers.
      if (!name.startsWith('external_id')) expect(others, name).toEqual([]);
    }
  }
  connection.close();
});
