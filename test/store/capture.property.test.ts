import { expect, test } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import type { Command } from '../../src/core/call-command.ts';
import type { Store } from '../../src/core/call-store.ts';
import { missCommand, reachCommand } from '../support/capture.ts';
import { claimOf, contextOf, execute, NOW } from '../support/commands.ts';
import { BACKENDS } from './backends.ts';

/**
 * Random misses, customers reached and agents at work, told in any order, several times and by two instances, against
 * rules written out here once more. CALLQUEUE_TEST_SEED repeats a run.
 */
const SEQUENCES = { SQLite: 12, PostgreSQL: 10 };
const STEPS = 150;

interface Item {
  projectId: number;
  number: string;
  status: string;
  count: number;
  first: number;
  last: number;
  events: string[];
}

class Model {
  readonly items: Item[] = [];
  unlisted = 0;
  readonly #seen = new Set<string>();
  readonly #reached = new Map<string, number>();

  miss(leg: string, projectId: number, number: string | null, at: number): void {
    if (!this.#isNew(`missed ${leg}`) || this.#seen.has(`reached ${leg}`)) return;
    if (number === null) {
      this.unlisted += 1;
      return;
    }
    const item = this.#open(projectId, number);
    if (item !== undefined) {
      item.count += 1;
      item.first = Math.min(item.first, at);
      item.last = Math.max(item.last, at);
      item.events.push('missed');
      return;
    }
    const isOver = (this.#reached.get(`${projectId} ${number}`) ?? at) > at;
    const events = isOver ? ['created', 'answered_elsewhere'] : ['created'];
    const status = isOver ? 'completed' : 'pending';
    this.items.push({ projectId, number, status, count: 1, first: at, last: at, events });
  }

  reach(leg: string, projects: readonly number[], number: string, at: number): void {
    if (!this.#isNew(`reached ${leg}`)) return;
    for (const projectId of projects) {
      const key = `${projectId} ${number}`;
      this.#reached.set(key, Math.max(at, this.#reached.get(key) ?? at));
      const item = this.#open(projectId, number);
      if (item === undefined || at < item.last) continue;
      item.events.push(item.status === 'pending' ? 'answered_elsewhere' : 'reached');
      if (item.status === 'pending') item.status = 'completed';
    }
  }

  change(id: number, from: readonly string[], to: string, event: string): void {
    const item = this.items[id - 1];
    if (item === undefined || !from.includes(item.status)) return;
    item.status = to;
    item.events.push(event);
  }

  #isNew(name: string): boolean {
    return !this.#seen.has(name) && this.#seen.add(name) !== undefined;
  }

  #open(projectId: number, number: string): Item | undefined {
    return this.items.find(
      (item) =>
        item.projectId === projectId && item.number === number && ['pending', 'inprogress'].includes(item.status),
    );
  }
}

async function itemsOf(store: Store): Promise<Item[]> {
  const moment = { now: NOW, pbxConnected: false };
  const { calls } = await store.readCalls({ filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment });
  const items: Item[] = [];
  for (const call of calls) {
    items.push({
      ...{ projectId: call.projectId, number: call.callerId, status: call.status, count: call.missedCount },
      ...{ first: call.firstMissedAt ?? 0, last: call.lastMissedAt ?? 0 },
      events: ((await store.history(call.id, null)) ?? []).map(({ event }) => event),
    });
  }
  return items;
}

test.for(BACKENDS.filter(({ isChosen }) => isChosen))(
  '$name: random sequences of misses, answers and agents leave the list that the rules say',
  async (backend) => {
    const seed = Number(process.env.CALLQUEUE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`seed ${seed}`);
    const random = randomOf(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const pick = <T>(...list: readonly T[]): T => list[below(list.length)] as T;
    const met = new Set<string>();

    for (let sequence = 0; sequence < SEQUENCES[backend.name]; sequence += 1) {
      const open = backend.prepare();
      const stores = [await open('calls'), await open('calls')];
      const model = new Model();
      const step = (): Command => {
        const id = 1 + below(model.items.length + 1);
        const at = NOW - below(40);
        const leg = String(below(60));
        const number = pick('+441632960001', '+441632960002', '+441632960003');
        switch (pick('miss', 'miss', 'miss', 'withheld', 'reach', 'reach', 'claim', 'release', 'cancel')) {
          case 'miss': {
            const projectId = pick(1, 2);
            model.miss(leg, projectId, number, at);
            return missCommand({ legId: leg, number, endedAt: at }, { projectId });
          }
          case 'withheld':
            model.miss(leg, 1, null, at);
            return missCommand({ legId: leg, number: null, endedAt: at }, {}, 'withheld');
          case 'reach': {
            const projects = pick([1], [2], [1, 2]);
            model.reach(leg, projects, number, at);
            return reachCommand(
              { legId: leg, at },
              projects.map((projectId) => ({ projectId, numbers: ['9', number] })),
            );
          }
          case 'claim':
            // Who holds a call renews the lease.
            model.change(id, ['inprogress'], 'inprogress', 'extended');
            model.change(id, ['pending'], 'inprogress', 'claimed');
            return claimOf('ana', { id });
          case 'release':
            model.change(id, ['inprogress'], 'pending', 'released');
            return { kind: 'release', id, agent: 'eve', force: true };
          case 'cancel':
            model.change(id, ['pending', 'inprogress'], 'cancelled', 'cancelled');
            return { kind: 'cancel', rows: { ids: [id] }, code: 'c' };
        }
      };
      for (let count = 0; count < STEPS; count += 1) {
        const command = step();
        const outcome = await execute(pick(...stores) as Store, command, contextOf({ actor: 'test' }));
        met.add(outcome.kind === 'recorded' ? outcome.as : outcome.kind);
      }
      expect(await itemsOf(stores[0] as Store), `sequence ${sequence} of seed ${seed}`).toEqual(model.items);
      const unlisted = await (stores[1] as Store).unlistedMisses({ since: 0, projectIds: null });
      expect(unlisted.reduce((sum, { count }) => sum + count, 0)).toBe(model.unlisted);
      for (const store of stores) await store.close();
    }
    const expected = ['created', 'created_closed', 'counted', 'withheld', 'cleared', 'left_alone', 'nothing', 'double'];
    expect([...met]).toEqual(expect.arrayContaining(expected));
  },
);
