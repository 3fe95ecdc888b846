import { randomOf } from '../../bench/make-calls.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { startSteadyWriters } from './postgres-steady-writers.ts';
import { openPlainSql } from './postgres-stored.ts';
import { walk } from './postgres-walkers.ts';

const INSTANCES = 3;
const WRITES_A_SECOND = 200;
const WALKERS = 8;

export const postgresReads: Fault = {
  name: 'postgres-reads',
  title: `${INSTANCES} instances, ${WRITES_A_SECOND} writes a second at each, answers compared with plain SQL`,
  runs: 10_000,
  unit: 'reads',
  async run({ runs, seed, folder }) {
    await using postgres = await startDurablePostgres();
    await using instances = await startInstances({ count: INSTANCES, url: postgres.url, folder });
    await using sql = openPlainSql(postgres.url);
    const clients = instances.servers.map((server) => server.client());
    const writers = startSteadyWriters({ clients, perSecond: WRITES_A_SECOND, random: randomOf(seed) });
    const begun = performance.now();
    let left = runs;
    const walks = await Promise.all(
      Array.from({ length: WALKERS }, (_, at) =>
        walk({ name: `walk-${at}`, clients, sql, random: randomOf(seed + 1 + at), mayRead: () => left-- > 0 }),
      ),
    );
    const seconds = (performance.now() - begun) / 1000;
    const { writes, claims, wrong } = await writers.stop();
    const reads = walks.reduce((sum, one) => sum + one.reads, 0);
    const perSecond = (writes / seconds / INSTANCES).toFixed(0);
    const twice = await sql.all<{ id: number }>(
      `SELECT call_id::int AS id FROM history WHERE event = 'claimed' GROUP BY call_id HAVING count(*) > 1`,
    );
    return [
      noneOf(
        'unlike plain SQL',
        walks.flatMap((one) => one.wrong),
        `${reads} reads in ${seconds.toFixed(1)} s`,
      ),
      { what: 'written meanwhile', figure: `${perSecond} a second at each of ${INSTANCES}`, isGood: writes > 0 },
      noneOf('claims and completions gone wrong', wrong, `${claims} claims`),
      noneOf(
        'calls given to two agents',
        twice.map(({ id }) => `call ${id}`),
        `${claims} claims`,
      ),
    ];
  },
};
