import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, ServerError } from '#client';
import { randomOf } from '../../bench/make-calls.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { askAgain, callTogether } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge } from './judge.ts';
import { acknowledged, createLedger } from './ledger.ts';
import { startInstances } from './postgres-instances.ts';
import { BACK_MS, createProbe, untilBack } from './postgres-probe.ts';
import { openPlainSql, readPostgresStored } from './postgres-stored.ts';

const INSTANCES = 2;
const CALLERS = 4;
const LOAD_MS = 500;

export const postgresFailover: Fault = {
  name: 'postgres-failover',
  title: 'a PostgreSQL that dies, and another with the same data at its address: first as a standby, then promoted',
  runs: 5,
  unit: 'failovers',
  async run({ runs, seed, folder }) {
    const random = randomOf(seed);
    let names = 0;
    const ledger = createLedger();
    const wrong: string[] = [];
    const misled: string[] = [];
    const backMs: number[] = [];
    // Not in `folder`, which only its owner may enter: PostgreSQL may have to run as somebody else.
    const place = mkdtempSync(join(tmpdir(), 'callqueue-failover-'));
    chmodSync(place, 0o755);
    let data = join(place, 'first');
    let postgres = await startPostgres({ fsync: true, dataFolder: data });
    const { url, port } = postgres;
    try {
      await using instances = await startInstances({ count: INSTANCES, url, folder });
      const clients = instances.servers.map((server) => server.client());
      const saveOne = createProbe(ledger, random, () => ++names);
      for (let round = 1; round <= runs && wrong.length === 0; round += 1) {
        const before = ledger.batches.length;
        const working = Promise.all(clients.map((one) => callTogether(CALLERS, one, ledger, random, () => ++names)));
        working.catch(() => undefined);
        await Promise.race([working, new Promise((resolve) => setTimeout(resolve, LOAD_MS))]);
        await postgres.kill9();
        await working;
        // What a standby has that was sent everything before it was acknowledged.
        const copy = join(place, `copy-${round}`);
        // With its owner, which cpSync would not keep.
        execFileSync('cp', ['-a', data, copy]);
        rmSync(join(copy, 'postmaster.pid'), { force: true });
        writeFileSync(join(copy, 'standby.signal'), '');
        await postgres.stop();
        rmSync(data, { recursive: true });
        data = copy;
        postgres = await startPostgres({ fsync: true, dataFolder: data, port });

        for (const client of clients) misled.push(...(await refusalsOfStandby(client, saveOne)));
        await using sql = openPlainSql(url);
        await sql.all('SELECT pg_promote()');
        backMs.push(...(await Promise.all(clients.map((one) => untilBack(one, saveOne)))));
        wrong.push(...(await askAgain(clients[0] as Client, ledger.batches.slice(before))));
        wrong.push(...judge(ledger, await readPostgresStored(clients[0] as Client, url)));
      }
    } finally {
      await postgres.stop();
      rmSync(place, { recursive: true, force: true });
    }
    const { saves, calls, deeds } = acknowledged(ledger);
    const slowest = Math.max(...backMs);
    return [
      noneOf('lost, half, double or at odds', wrong, `${runs} failovers`),
      { what: 'acknowledged', figure: `${saves} saves of ${calls} calls, ${deeds} deeds`, isGood: saves * deeds > 0 },
      noneOf('answered otherwise by way of a standby', misled, `${backMs.length * 2} requests`),
      {
        what: 'back after it was promoted, at the slowest',
        figure: `${slowest.toFixed(0)} ms`,
        isGood: slowest < BACK_MS,
      },
    ];
  },
};

/** Of a standby can be read; what would change something is refused for now. */
async function refusalsOfStandby(client: Client, saveOne: (client: Client) => Promise<void>): Promise<string[]> {
  const wrong: string[] = [];
  await client.read().catch((error) => wrong.push(`A read was answered with ${error}`));
  const error: unknown = await saveOne(client).catch((reason: unknown) => reason);
  const isRight = error instanceof ServerError && error.status === 503 && (error.retryAfterMs ?? 0) > 0;
  if (!isRight) wrong.push(`A save was answered with ${error}`);
  return wrong;
}
