import { type Client, ServerError } from '#client';
import { randomOf } from '../../bench/make-calls.ts';
import { startPostgresProxy } from '../support/postgres-proxy.ts';
import { newBatch, save } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge } from './judge.ts';
import { acknowledged, type Batch, createLedger } from './ledger.ts';
import { startDurablePostgres, startInstances } from './postgres-instances.ts';
import { readPostgresStored } from './postgres-stored.ts';

const INSTANCES = 2;
const CALLERS = 8;
/** Of the COMMITs that store something. */
const SHARE = 0.4;
/** A caller that is unlucky more often than this is not unlucky. */
const MOST_TRIES = 60;

export const postgresCommits: Fault = {
  name: 'postgres-commits',
  title: `answers to COMMIT lost between PostgreSQL and ${INSTANCES} instances, saves repeated`,
  runs: 500,
  unit: 'answers',
  async run({ runs, seed, folder }) {
    const random = randomOf(seed);
    let names = 0;
    await using postgres = await startDurablePostgres();
    const { url } = postgres;
    await using proxy = await startPostgresProxy(url);
    await using instances = await startInstances({ count: INSTANCES, url: proxy.url, folder });
    const clients = instances.servers.map((server) => server.client());
    const ledger = createLedger();
    const told = { unknown: 0, others: [] as string[], unlike: [] as string[] };

    /** The same request to one instance after the other, as long as it is not known what became of it. */
    async function saveAtLast(batch: Batch, first: number): Promise<void> {
      for (let tries = 0; ; tries += 1) {
        try {
          return await save(clients[(first + tries) % INSTANCES] as Client, batch);
        } catch (error) {
          if (isUnknown(error)) told.unknown += 1;
          else told.others.push(String(error));
          if (tries === MOST_TRIES) throw error;
        }
      }
    }

    proxy.dropCommits(() => random() < SHARE);
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, at) => {
        while (proxy.dropped() < runs) {
          const batch = repeatable(random, () => ++names);
          ledger.batches.push(batch);
          await saveAtLast(batch, at);
          const ids = batch.ids?.join();
          // Once more after it was answered: that is to change nothing either.
          await saveAtLast(batch, at + 1);
          if (batch.ids?.join() !== ids) told.unlike.push(`${batch.mark}: answered with other calls than before`);
        }
      }),
    );
    proxy.dropCommits(0);

    const stored = await readPostgresStored(clients[0] as Client, url);
    const { saves, calls } = acknowledged(ledger);
    return [
      { what: 'answers lost', figure: `${proxy.dropped()}`, isGood: proxy.dropped() >= runs },
      noneOf('double, lost, half or at odds', judge(ledger, stored), `${saves} saves of ${calls} calls`),
      noneOf('repeats answered otherwise', told.unlike, `${saves}`),
      { what: 'told that it is not known', figure: `${told.unknown}`, isGood: told.unknown >= proxy.dropped() },
      noneOf('told anything else', told.others, `${told.unknown} failures`),
    ];
  },
};

/** A save that may be repeated, by its key or by the external ids of its calls. */
function repeatable(random: () => number, names: () => number): Batch {
  for (;;) {
    const batch = newBatch(random, names);
    if (batch.isNamed || batch.key !== undefined) return batch;
  }
}

function isUnknown(error: unknown): boolean {
  return (
    error instanceof ServerError &&
    error.status === 503 &&
    error.errors.some(({ code }) => code === 'store_outcome_unknown')
  );
}
