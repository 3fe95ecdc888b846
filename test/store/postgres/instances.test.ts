import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { createFirstToken } from '../../../src/app/tokens.ts';
import type { Store } from '../../../src/core/call-store.ts';
import { carryOut, claimOf, contextOf, execute, NOW, save, saveOf } from '../../support/commands.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

const everything = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment: contextOf().moment } as const;
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

async function openInstances(count: number, url?: string): Promise<Store[]> {
  const address = url ?? (await createCallsDatabase());
  const stores = await Promise.all(times(count, () => openTestStore(address)));
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  return stores;
}

test('the same calls saved by three instances at once are stored once each', async () => {
  const stores = await openInstances(3);
  const calls = (turn: number) =>
    times(40, (index) => ({
      externalId: `x${(index * (turn + 1)) % 40}`,
      callerId: '+441632960001',
      priority: turn,
    }));
  const saved = await Promise.all(
    stores.flatMap((store, turn) => times(5, () => save(store, calls(turn), {}, contextOf({ now: NOW + turn })))),
  );
  expect(saved.flat().filter(({ outcome }) => outcome === 'created')).toHaveLength(40);
  const stored = (await (stores[0] as Store).readCalls(everything)).calls;
  expect(new Set(stored.map(({ externalId }) => externalId)).size).toBe(40);
  expect(stored.map(({ id }) => id)).toEqual(times(40, (index) => index + 1));
});

test('of five instances that start at once over an empty database, one makes the first token', async () => {
  const stores = await openInstances(5, await createTestDatabase());
  let kept = 0;
  const keep = () => {
    kept += 1;
  };
  const made = await Promise.all(stores.map((store) => createFirstToken(store, keep)));
  expect(made.filter((fresh) => fresh !== undefined)).toHaveLength(1);
  expect(kept).toBe(1);
  for (const store of stores) expect(await store.listTokens()).toHaveLength(1);
});

test('of one request that reaches three instances at once, one carries it out and the others answer the same', async () => {
  const stores = await openInstances(3);
  for (let round = 0; round < 20; round += 1) {
    const repeat = { tokenId: 1, key: `k${round}`, fingerprint: 'f', keepSeconds: 60 };
    const asked = stores.flatMap((store) => times(3, () => store.execute(saveOf([{}, {}]), contextOf({ repeat }))));
    const results = await Promise.all(asked);
    expect(results.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    for (const { outcome } of results) expect(outcome).toEqual(results[0]?.outcome);
  }
  expect((await (stores[0] as Store).readCalls(everything)).rowCount).toBe(40);
});

test('a note that is repeated at two instances at once by one key is written once', async () => {
  const [one, other] = (await openInstances(2)) as [Store, Store];
  await save(one, [{}]);
  for (let round = 0; round < 20; round += 1) {
    const repeat = { tokenId: 1, key: `n${round}`, fingerprint: 'f', keepSeconds: 60 };
    const note = (store: Store) => store.execute({ kind: 'note', id: 1, text: 'x' }, contextOf({ repeat }));
    const results = await Promise.all([note(one), note(other)]);
    expect(results.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
  }
  expect(await one.history(1, null)).toHaveLength(21);
});

test('agents at three instances never get one call twice, nor two calls of one number', async () => {
  const stores = await openInstances(3);
  const [first] = stores as [Store];
  const numbers = 60;
  await save(
    first,
    times(3 * numbers, (index) => ({
      callerId: `+441632960${String(index % numbers).padStart(3, '0')}`,
      priority: index % 7,
    })),
  );
  const claim = (store: Store, agent: string) => carryOut(store, claimOf(agent));
  const claimed = (
    await Promise.all(times(2 * numbers, (index) => claim(stores[index % 3] as Store, `agent ${index}`)))
  ).flat();
  // One that came away empty because of what another was about to get asks again.
  for (let calls = await claim(first, 'last'); calls.length > 0; calls = await claim(first, 'last'))
    claimed.push(...calls);
  expect(claimed).toHaveLength(numbers);
  expect(new Set(claimed.map(({ id }) => id)).size).toBe(numbers);
  expect(new Set(claimed.map(({ callerId }) => callerId)).size).toBe(numbers);
});

test('two instances that change the same calls in opposite order wait for each other and both come to an end', async () => {
  const [one, other] = (await openInstances(2)) as [Store, Store];
  await save(
    one,
    times(50, (index) => ({ externalId: `${index}` })),
  );
  const ids = times(50, (index) => index + 1);
  const note = (store: Store, order: number[]) =>
    Promise.all(order.map((id) => execute(store, { kind: 'note', id, text: 'x' })));
  const edit = (store: Store, order: number[], priority: number) =>
    execute(store, { kind: 'update', edits: order.map((id) => ({ id, content: { priority } })) });
  const outcomes = await Promise.all([
    ...times(10, (round) => edit(one, ids, round)),
    ...times(10, (round) => edit(other, ids.toReversed(), 100 + round)),
    note(one, ids.toReversed()),
    note(other, ids),
  ]);
  expect(outcomes.flat().every(({ kind }) => kind === 'calls')).toBe(true);
});

test('leases run by the clock of the database, whatever this machine says', async () => {
  const url = await createCallsDatabase();
  const [store] = (await openInstances(1, url)) as [Store];
  const sql = postgres(url, { max: 1 });
  const [row] = await sql`SELECT extract(epoch FROM clock_timestamp())::float8 AS now`;
  await sql.end();
  expect(Math.abs((store.clock?.now() ?? 0) - row?.now)).toBeLessThan(2);
});

test('whoever has stored something hears of it before it is answered, without waiting for PostgreSQL to tell', async () => {
  const [store] = (await openInstances(1)) as [Store];
  let told = 0;
  onTestFinished(store.onChange(() => (told += 1)));
  for (let turn = 0; turn < 20; turn++) {
    const before = told;
    await save(store, [{}]);
    expect(told).toBeGreaterThan(before);
  }
});
