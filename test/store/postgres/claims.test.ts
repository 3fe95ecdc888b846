import { expect, onTestFinished, test } from 'vitest';
import { Database } from '../../../src/store/postgres/database.ts';
import { DerivedGuard } from '../../../src/store/postgres/derived-guard.ts';
import type { Session, Statement } from '../../../src/store/postgres/session.ts';
import { isConflict } from '../../../src/store/postgres/translate-error.ts';
import { writeGroup } from '../../../src/store/postgres/write-group.ts';
import { carryOut, claimOf, contextOf, execute, NOW, save } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { createCallsDatabase, openTestStore } from '../../support/postgres-store.ts';

const parts = {
  derivation: plainDerivation,
  guard: new DerivedGuard(plainDerivation, 'test'),
  onStored: () => undefined,
};

async function open() {
  const url = await createCallsDatabase();
  const store = await openTestStore(url);
  const database = new Database({ url });
  onTestFinished(async () => {
    await database.close();
    await store.close();
  });
  return { store, database };
}

/** A database over which each way is told before it is gone. */
function watched(database: Database, onWay: (statements: readonly Statement[]) => Promise<void> | void) {
  const told = (session: Session) =>
    new Proxy(session, {
      get(target, name) {
        if (name === 'together')
          return async (statements: readonly Statement[]) => {
            await onWay(statements);
            return target.together(statements);
          };
        const value = target[name as keyof Session] as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return Object.assign(Object.create(database) as Database, {
    acquire: async () => told(await database.acquire()),
    release: () => undefined,
  });
}

const job = (agent: string) => ({ command: claimOf(agent), context: contextOf() });

test('a call whose number somebody is given between being found and being claimed is not given away as well', async () => {
  const { store, database } = await open();
  await save(store, [{ priority: 5 }, {}]);
  let ways = 0;
  const claiming = writeGroup(
    watched(database, async () => {
      ways += 1;
      // The one that was found is the first; the other has the same number.
      if (ways === 2) await execute(store, claimOf('quicker', { id: 2 }));
    }),
    'claiming',
    [job('slower')],
    parts,
  );
  const error = await claiming.catch((reason: unknown) => reason);
  expect(isConflict(error)).toBe(true);
  expect(ways).toBe(2);
  expect(await store.history(1, null)).toHaveLength(1);
  // Tried again, it comes away empty.
  expect(await carryOut(store, claimOf('slower'))).toEqual([]);
});

test('a group of claims goes to PostgreSQL three times, and so does one of calls that are named', async () => {
  const { store, database } = await open();
  await save(
    store,
    Array.from({ length: 20 }, (_, index) => ({ callerId: `+4416329600${10 + index}` })),
  );
  let ways = 0;
  const counted = watched(database, () => {
    ways += 1;
  });
  const agents = Array.from({ length: 10 }, (_, index) => `agent ${index}`);
  const claimed = await writeGroup(counted, 'claiming', agents.map(job), parts);
  expect(
    claimed.map((one) => 'result' in one && one.result.outcome.kind === 'calls' && one.result.outcome.calls.length),
  ).toEqual(agents.map(() => 1));
  // The commit is the third.
  expect(ways).toBe(2);
  ways = 0;
  const notes = agents.map((_, index) => ({
    command: { kind: 'note', id: index + 1, text: 'x' } as const,
    context: contextOf(),
  }));
  await writeGroup(counted, 'changing', notes, parts);
  expect(ways).toBe(2);
});

test('a lease that is over is given back before somebody claims, and may be what is claimed', async () => {
  const { store, database } = await open();
  await save(store, [{ priority: 5 }, { callerId: '+441632960002' }]);
  await carryOut(store, claimOf('gone'));
  const context = contextOf({ now: NOW + 601 });
  const [settled] = await writeGroup(database, 'claiming', [{ command: claimOf('new'), context }], parts);
  expect(settled).toMatchObject({ result: { outcome: { kind: 'calls', calls: [{ id: 1, claimedBy: 'new' }] } } });
  expect((await store.history(1, null))?.map(({ event }) => event)).toEqual([
    'created',
    'claimed',
    'lease_expired',
    'claimed',
  ]);
});
