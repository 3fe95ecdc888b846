import type { Client } from '#client';
import { numberOf } from '../../bench/make-calls.ts';

export interface SteadyWriters {
  /** Ends them when what they have begun is done. */
  stop(): Promise<{ writes: number; claims: number; wrong: string[] }>;
}

const TICK_MS = 10;
/** Where a machine cannot keep up, the rate falls instead of the number of requests under way rising. */
const MOST_UNDER_WAY = 64;

/**
 * So many writes a second at each instance: half of them save calls, the others claim what is due, whoever saved it, and
 * complete what they have claimed. No agent claims twice.
 */
export function startSteadyWriters(options: {
  clients: readonly Client[];
  perSecond: number;
  random: () => number;
}): SteadyWriters {
  const { clients, perSecond, random } = options;
  const begun = performance.now();
  const given = new Map<number, string>();
  const wrong: string[] = [];
  let [writes, claims, names] = [0, 0, 0];

  async function save(client: Client): Promise<void> {
    names += 1;
    await client.save({ project_id: 1, campaign_name: 'steady', calls: [{ caller_id: numberOf(names) }] });
    writes += 1;
  }

  async function claimAndComplete(client: Client): Promise<void> {
    names += 1;
    const agent = `agent-${names}`;
    const call = await client.claim({ agent, filters: { campaign: 'steady' } });
    writes += 1;
    if (call === undefined) return;
    claims += 1;
    const id = call.id;
    const other = given.get(id);
    if (other !== undefined) wrong.push(`Call ${id} was given to ${other} and to ${agent}`);
    given.set(id, agent);
    await client.complete({ id, agent });
    writes += 1;
  }

  const writers = clients.map((client) => {
    const underWay = new Set<Promise<void>>();
    let asked = 0;
    const timer = setInterval(() => {
      const due = ((performance.now() - begun) / 1000) * perSecond;
      while (asked < due && underWay.size < MOST_UNDER_WAY) {
        const isSave = random() < 0.6;
        // A claim is followed by a completion.
        asked += isSave ? 1 : 2;
        const work: Promise<void> = (isSave ? save(client) : claimAndComplete(client))
          .catch((error) => void wrong.push(String(error)))
          .finally(() => underWay.delete(work));
        underWay.add(work);
      }
    }, TICK_MS);
    return { timer, underWay };
  });
  return {
    async stop() {
      for (const { timer } of writers) clearInterval(timer);
      await Promise.all(writers.flatMap(({ underWay }) => [...underWay]));
      return { writes, claims, wrong };
    },
  };
}
