import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/core/call-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { carryOut, claimOf, contextOf, save } from '../../support/commands.ts';
import { plainDerivation } from '../../support/derivation.ts';
import { spawnPlainWriter } from '../../support/plain-writer.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { runChild } from './children/run-child.ts';

const CLIENTS = 16;
const SAVES = 250;
/** Changes of each save: calls, and the claim and the completion of one. */
const CHANGES = 5;
const OTHERS = 2_000;
const TOTAL = CLIENTS * SAVES * CHANGES + OTHERS;

test('who reads the feed while many write, another process too, misses nothing and gets nothing twice', async () => {
  const path = join(tempFolder(), 'calls.db');
  const options = { path, derivation: plainDerivation, lockWaitMs: 60_000 };
  const store = await openSqliteStore({ ...options, spawnWriter: spawnPlainWriter });
  onTestFinished(() => store.close());
  const second = await openSqliteStore({ ...options, readOnly: true });
  onTestFinished(() => second.close());
  const child = runChild('save-and-import', path, String(OTHERS));

  const writing = Promise.all(Array.from({ length: CLIENTS }, (_, client) => write(store, `agent ${client}`)));
  const readings = [readAll(store, 1000), readAll(store, 7), readAll(second, 100)];
  await writing;
  expect(await child.ended).toBe(0);
  const wanted = Array.from({ length: TOTAL }, (_, index) => index + 1);
  for (const read of await Promise.all(readings)) expect(read).toEqual(wanted);
}, 120_000);

async function write(store: Store, agent: string): Promise<void> {
  for (let count = 0; count < SAVES; count++) {
    const [first] = await save(store, [{}, {}, {}]);
    const id = first?.id ?? 0;
    await carryOut(store, claimOf(agent, { id }));
    await carryOut(store, { kind: 'complete', id, agent, completion: {} });
  }
}

/** Every sequence in the order in which it was read, until all are there. */
async function readAll(store: Store, limit: number): Promise<number[]> {
  const read: number[] = [];
  for (let since = 0; since < TOTAL; ) {
    const { moment } = contextOf();
    const page = await store.changes({ since, limit, projectIds: null, filter: {}, moment });
    if (page.reset) throw new Error(`told to begin again at ${since}`);
    read.push(...page.entries.map(({ sequence }) => sequence));
    since = page.nextSince;
    await breathe();
  }
  return read;
}
