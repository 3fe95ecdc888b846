import { type CallToSave, type Client, NetworkError, ServerError } from '#client';
import { numberOf } from '../../bench/make-calls.ts';
import type { Batch, Deed, Ledger } from './ledger.ts';

type Random = () => number;

/** Where names that occur only once come from. */
export type Names = () => number;

const MOST_CALLS = 25;

/** So many callers at once; see callUntilGone. What the first one fails with is thrown where it is waited for. */
export function callTogether(
  count: number,
  ...[client, ledger, random, names]: Parameters<typeof callUntilGone>
): Promise<unknown> {
  const working = Promise.all(Array.from({ length: count }, () => callUntilGone(client, ledger, random, names)));
  working.catch(() => undefined);
  return working;
}

/**
 * Saves, claims, extends, releases and completes without a pause until the server is gone or says that it goes, and writes
 * down what was acknowledged.
 * @throws whatever else the server answers that is no success
 */
async function callUntilGone(client: Client, ledger: Ledger, random: Random, names: Names): Promise<void> {
  const mine: Batch[] = [];
  try {
    for (;;) {
      const dice = random();
      const rewritable = mine[Math.floor(random() * mine.length)];
      if (dice < 0.1 && rewritable !== undefined) await rewrite(client, rewritable, names);
      else if (dice < 0.55) {
        const batch = newBatch(random, names);
        ledger.batches.push(batch);
        await save(client, batch);
        if (batch.isNamed) mine.push(batch);
      } else await work(client, ledger, random, `agent-${names()}`);
    }
  } catch (error) {
    if (!isGoing(error)) throw error;
  }
}

/** No answer, or a 503, which promises that nothing was done. */
export function isGoing(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ServerError && error.status === 503);
}

/**
 * What a caller does that was left without an answer: the same request again where that can make nothing twice.
 * Answered ones with a key are repeated too: they have to be answered as before.
 */
export async function askAgain(client: Client, batches: readonly Batch[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const batch of batches) {
    if (batch.key === undefined && !(batch.isNamed && batch.ids === undefined)) continue;
    const before = batch.ids;
    await save(client, batch);
    if (before !== undefined && before.join() !== batch.ids?.join()) {
      wrong.push(`${batch.mark}: its repeat was answered with other calls than the first time`);
    }
  }
  return wrong;
}

/** @throws NetworkError when no answer came */
export async function save(client: Client, batch: Batch, info?: string): Promise<void> {
  const { mark, numbers, isNamed, key } = batch;
  const calls = numbers.map(
    (caller_id, index): CallToSave => ({ caller_id, ...(isNamed && { external_id: `${mark}-${index}` }) }),
  );
  const saved = await client.save(
    {
      ...{ project_id: 1, campaign_name: mark, calls },
      ...(info !== undefined && { campaign_info: info }),
      // Nobody claims those that are saved again and again.
      ...(isNamed && { outbound_type: 'auto', attend_type: 'unattended' }),
    },
    { idempotencyKey: info === undefined ? key : undefined },
  );
  batch.ids = saved.map(({ id }) => id as number);
}

async function rewrite(client: Client, batch: Batch, names: Names): Promise<void> {
  const deed = { mark: `rewrite-${names()}`, isAcknowledged: false };
  batch.rewrites.push(deed);
  await save(client, batch, deed.mark);
  deed.isAcknowledged = true;
}

export function newBatch(random: Random, names: Names): Batch {
  const name = names();
  const size = 1 + Math.floor(random() ** 2 * MOST_CALLS);
  const kind = Math.floor(random() * 3);
  return {
    mark: `batch-${name}`,
    numbers: Array.from({ length: size }, (_, index) => numberOf(name * MOST_CALLS + index)),
    isNamed: kind === 0,
    key: kind === 1 ? `key-${name}` : undefined,
    ids: undefined,
    rewrites: [],
  };
}

/** An agent's way with one call. */
async function work(client: Client, ledger: Ledger, random: Random, agent: string): Promise<void> {
  const record = (event: Deed['event'], id?: number): Deed => {
    const deed = { event, agent, id, isAcknowledged: false };
    ledger.deeds.push(deed);
    return deed;
  };
  const claimed = record('claimed');
  const call = await client.claim({ agent });
  if (call === undefined) {
    ledger.deeds.splice(ledger.deeds.indexOf(claimed), 1);
    return;
  }
  claimed.id = call.id;
  claimed.isAcknowledged = true;
  const { id } = call;
  if (random() < 0.3) {
    const extended = record('extended', id);
    await client.extend({ id, agent, lease_seconds: 900 });
    extended.isAcknowledged = true;
  }
  const end = record(random() < 0.3 ? 'released' : 'completed', id);
  if (end.event === 'released') await client.release({ id, agent });
  else await client.complete({ id, agent, result: 'answered', note: `by ${agent}` });
  end.isAcknowledged = true;
}
