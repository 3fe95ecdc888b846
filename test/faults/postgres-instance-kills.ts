import type { Client } from '#client';
import { randomOf } from '../../bench/make-calls.ts';
import { askAgain, callTogether } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge } from './judge.ts';
import { acknowledged, createLedger } from './ledger.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { createProbe, untilBack } from './postgres-probe.ts';
import { readPostgresStored } from './postgres-stored.ts';
import type { ServerProcess } from './server-process.ts';

const INSTANCES = 2;
const CALLERS = 8;
/** How long one that lives waits at most for what a dead one held. */
const FREE_MS = 5_000;

export const postgresInstanceKills: Fault = {
  name: 'postgres-instance-kills',
  title: `SIGKILL to one of ${INSTANCES} instances on one PostgreSQL, then to all of them`,
  runs: 50,
  unit: 'kills',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed);
    let names = 0;
    await using postgres = await startDurablePostgres();
    const { url } = postgres;
    await using instances = await startInstances({ count: INSTANCES, url, folder });
    const { servers } = instances;
    const clients = servers.map((server) => server.client());
    const [client] = clients as [Client];
    const ledger = createLedger();
    const saveOne = createProbe(ledger, random, () => ++names);
    const wrong: string[] = [];
    const freeMs: number[] = [];

    for (let round = 1; round <= runs && wrong.length === 0; round += 1) {
      const before = ledger.batches.length;
      const working = clients.map((one) => callTogether(CALLERS, one, ledger, random, () => ++names));
      await Promise.race([...working, moment(1 + random() * 499)]);
      const first = Math.floor(random() * INSTANCES);
      await (servers[first] as ServerProcess).kill();
      // What the dead one has left open holds up nobody.
      const others = clients.filter((_, at) => at !== first);
      freeMs.push(...(await Promise.all(others.map((one) => untilBack(one, saveOne)))));
      await Promise.all(servers.filter((_, at) => at !== first).map((server) => server.kill()));
      await Promise.all(working);

      await Promise.all(servers.map((server) => server.start()));
      wrong.push(...(await askAgain(client, ledger.batches.slice(before))));
      wrong.push(...judge(ledger, await readPostgresStored(client, url)));
      if (round % 10 === 0) tell(`${round} of ${runs} kills`);
    }
    const { saves, calls, deeds, open } = acknowledged(ledger);
    const slowest = Math.max(...freeMs);
    return [
      noneOf('lost, half, double or at odds', wrong, `${runs} kills`),
      { what: 'acknowledged', figure: `${saves} saves of ${calls} calls, ${deeds} deeds`, isGood: saves * deeds > 0 },
      { what: 'never answered', figure: `${open}`, isGood: true },
      {
        what: 'a save beside a dead one, at the slowest',
        figure: `${slowest.toFixed(0)} ms`,
        isGood: slowest < FREE_MS,
      },
    ];
  },
};

function moment(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
