import type { Client } from '#client';
import { numberOf, randomOf } from '../../bench/make-calls.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { openPlainSql, type PlainSql } from './postgres-stored.ts';

/** By how much the clock of each instance is wrong. */
const WRONG_SECONDS = [0, 120, -120];
/** A lease that instances could take for one that is over, or for one that lasts three minutes longer. */
const LEASE_SECONDS = 60;
/** From the moment that an instance thinks of, to the one at which it is asked what came of it. */
const SLACK_SECONDS = 10;

export const postgresClocks: Fault = {
  name: 'postgres-clocks',
  title: `leases of instances whose clocks are wrong by ${WRONG_SECONDS.join(', ')} s`,
  runs: 300,
  unit: 'leases',
  async run({ runs, seed, folder }) {
    const random = randomOf(seed);
    await using postgres = await startDurablePostgres();
    await using instances = await startInstances({
      ...{ count: WRONG_SECONDS.length, url: postgres.url, folder },
      envOf: (at) => ({ NODE_OPTIONS: `--import=${shiftClock(WRONG_SECONDS[at] as number)}` }),
    });
    await using sql = openPlainSql(postgres.url);
    const clients = instances.servers.map((server) => server.client());
    const pick = () => clients[Math.floor(random() * clients.length)] as Client;
    const wrong: string[] = [];

    const [other] = await pick().save({
      project_id: 1,
      calls: [{ caller_id: numberOf(0), outbound_type: 'auto', attend_type: 'unattended' }],
    });
    for (let run = 1; run <= runs; run += 1) {
      const agent = `agent-${run}`;
      await pick().save({ project_id: 1, calls: [{ caller_id: numberOf(run) }] });
      const { id } = (await pick().claim({ agent, lease_seconds: LEASE_SECONDS })) ?? {};
      const left = await secondsLeft(sql, id as number);
      if (left > LEASE_SECONDS || left < LEASE_SECONDS - SLACK_SECONDS) wrong.push(`A lease of ${left} s was given`);
      // Whatever an instance changes, it gives back first what it takes for over.
      for (const client of clients) await client.note({ id: other?.id as number, text: `after ${run}` });
      await pick()
        .complete({ id: id as number, agent })
        .catch((error) => wrong.push(String(error)));
    }
    const expired = await sql.all<{ id: number }>(
      `SELECT call_id::int AS id FROM history WHERE event = 'lease_expired'`,
    );
    return [
      noneOf('leases of another length than asked for', wrong, `${runs}`),
      noneOf(
        'leases that ended early',
        expired.map(({ id }) => `call ${id}`),
        `${runs}`,
      ),
    ];
  },
};

function shiftClock(seconds: number): string {
  const source = `const now = Date.now; Date.now = () => now() + ${seconds * 1000};`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

/** By the clock of PostgreSQL. */
async function secondsLeft(sql: PlainSql, id: number): Promise<number> {
  const [found] = await sql.all<{ left: number }>(
    'SELECT (claimed_until - floor(extract(epoch FROM clock_timestamp())))::int AS left FROM calls WHERE id = $1',
    [id],
  );
  return found?.left ?? Number.NaN;
}
