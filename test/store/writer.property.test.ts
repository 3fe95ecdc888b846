import { expect, test } from 'vitest';
import { randomOf } from '../../bench/make-calls.ts';
import { type Call, dueSince } from '../../src/core/call.ts';
import type { Command, CommandContext } from '../../src/core/call-command.ts';
import * as life from '../../src/core/call-life.ts';
import { isDue } from '../../src/core/dispatch.ts';
import { cleanNumber } from '../../src/core/phone-number.ts';
import { decideSave } from '../../src/core/save-call.ts';
import { contentOf, contextOf, NOW } from '../support/commands.ts';
import { plainRow } from '../support/derivation.ts';
import { makeCall } from '../support/make-call.ts';
import { BACKENDS } from './backends.ts';

const SEQUENCES = { SQLite: 20, PostgreSQL: 6 };
const STEPS = 120;
const WINDOW = 100;

/** All that a store holds, as lists: the rules come from the core, what is stored and told of them is modelled here. */
class Model {
  calls: Call[] = [];
  feed: number[] = [];
  history = new Map<number, string[]>();

  put({ call, happening }: { call: Call; happening: life.Happening }): void {
    this.calls[call.id - 1] = call;
    this.feed.push(call.id);
    this.history.set(call.id, [...(this.history.get(call.id) ?? []), `${happening.event} ${call.status}`]);
  }

  /** @returns ids of the calls answered; undefined: refused, and nothing has changed */
  execute(command: Command, now: number): (number | null)[] | undefined {
    const before = { calls: [...this.calls], feed: [...this.feed], history: new Map(this.history) };
    for (const call of this.calls) this.#apply(life.expireLease(call, now));
    const answered = this.#carryOut(command, now);
    const isUndone = answered === undefined || (command.kind === 'save' && command.dryRun);
    if (isUndone) Object.assign(this, before);
    return answered?.map((id) => (isUndone && id > before.calls.length ? null : id));
  }

  #carryOut(command: Command, now: number): number[] | undefined {
    switch (command.kind) {
      case 'save':
        return command.calls.map(({ content, again }) => this.#save(command.projectId, content, again, now));
      case 'update':
        return this.#each(
          command.edits.map(({ id }) => id),
          (call, index) => life.edit(call, command.edits[index]?.content ?? {}, now),
        );
      case 'cancel':
        return this.#each(idsOf(command), (call) => life.cancel(call, command.code, command.words, now));
      case 'delete':
        return this.#each(idsOf(command), (call) => life.remove(call, command.code, now));
      case 'claim': {
        const id = 'id' in command.choose ? command.choose.id : this.#bestDue(now);
        return id === undefined
          ? []
          : this.#each([id], (call) => life.claim(call, command.agent, command.leaseSeconds, now));
      }
      case 'release':
        return this.#each([command.id], (call) => life.release(call, command.agent, now, { force: command.force }));
      case 'complete':
        return this.#each([command.id], (call) => life.complete(call, command.agent, command.completion, now));
      case 'extend':
        return this.#each([command.id], (call) => life.extend(call, command.agent, command.leaseSeconds, now));
      case 'note':
        return this.#each([command.id], (call) => life.note(call, command.text, now));
      case 'expire_leases':
        return [];
    }
  }

  #apply(decision: life.Decision): void {
    if (decision.kind === 'change') this.put(decision);
  }

  #each(ids: number[], decide: (call: Call, index: number) => life.Decision): number[] | undefined {
    for (const [index, id] of ids.entries()) {
      const call = this.calls[id - 1];
      const decision = call && decide(call, index);
      if (decision === undefined || decision.kind === 'conflict') return undefined;
      if (decision.kind === 'change' && this.#openLike(decision.call, decision.call.id) !== undefined) return undefined;
      this.#apply(decision);
    }
    return ids;
  }

  #like(call: Pick<Call, 'projectId' | 'externalId' | 'callerId'>): Call[] {
    const { projectId, externalId, callerId } = call;
    if (externalId === null) return [];
    return this.calls.filter(
      (other) =>
        other.projectId === projectId &&
        other.externalId === externalId &&
        cleanNumber(other.callerId) === cleanNumber(callerId),
    );
  }

  #openLike(call: Call, except = 0): Call | undefined {
    const isOpen = ({ status }: Call) => status === 'pending' || status === 'inprogress';
    return isOpen(call) ? this.#like(call).find((other) => isOpen(other) && other.id !== except) : undefined;
  }

  #save(projectId: number, content: life.CallContent, again: boolean, now: number): number {
    const id = this.calls.length + 1;
    const fresh: Call = { ...makeCall({ projectId, createdAt: now, updatedAt: now, ...content }), id };
    const recentlyClosed = this.#like(fresh)
      .filter(({ updatedAt }) => updatedAt >= now - WINDOW)
      .sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id)[0];
    const decision = decideSave({ open: this.#openLike(fresh), recentlyClosed }, content, again, now);
    if (decision.outcome === 'created') this.put({ call: fresh, happening: decision.happening });
    if (decision.outcome === 'updated') this.put(decision.change);
    return decision.outcome === 'created' ? id : 'call' in decision ? decision.call.id : decision.change.call.id;
  }

  #bestDue(now: number): number | undefined {
    const held = this.calls
      .filter(({ status }) => status === 'inprogress')
      .map(({ callerId }) => cleanNumber(callerId));
    return this.calls
      .filter(
        (call) => call.outboundType === 'manual' && isDue(call, now) && !held.includes(cleanNumber(call.callerId)),
      )
      .sort((a, b) => b.priority - a.priority || dueSince(a) - dueSince(b) || a.id - b.id)[0]?.id;
  }
}

const idsOf = (command: Extract<Command, { kind: 'cancel' | 'delete' }>) =>
  'ids' in command.rows ? [...command.rows.ids] : [];

function randomCommand(random: () => number, calls: readonly Call[], now: number): Command {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(...list: T[]): T => list[below(list.length)] as T;
  const id = () => 1 + below(calls.length + 1);
  /** Mostly one that somebody holds, and who holds it: else hardly anything would ever be completed. */
  const held = () => {
    const { id: one, claimedBy } = pick(...calls.filter((call) => call.claimedBy !== null)) ?? {};
    return random() < 0.3 ? { id: id(), agent } : { id: one ?? id(), agent: claimedBy ?? agent };
  };
  const agent = pick('ana', 'bob');
  const content = () => ({
    callerId: pick('+441632960001', '+44 1632 960001', '+441632960002', '+441632960003'),
    externalId: pick(null, 'a', 'b', 'c'),
    priority: pick(0, 0, 5),
    schedule: pick(null, null, now - 10, now + 20),
    callerIdName: pick(null, 'Ana Pop', 'Bea Ion'),
    maxRetries: 1,
    ...pick<object>({}, {}, {}, { outboundType: 'auto', type: 'user', destination: '7' }),
  });
  const ids = () => Array.from({ length: 1 + below(3) }, id);
  return pick<() => Command>(
    ...Array.from(
      { length: 4 },
      () => (): Command => ({
        kind: 'save',
        projectId: pick(1, 1, 2),
        calls: Array.from({ length: 1 + below(3) }, () => ({ content: contentOf(content()), again: random() < 0.1 })),
        dryRun: random() < 0.1,
        repeatWindowSeconds: WINDOW,
      }),
    ),
    () => ({
      kind: 'update',
      edits: ids().map((one) => ({ id: one, content: { externalId: pick('a', 'b', 'c'), priority: below(9) } })),
    }),
    () => ({ kind: 'cancel', rows: { ids: ids() }, code: 'cancelled_by_api' }),
    () => ({ kind: 'delete', rows: { ids: ids() }, code: 'deleted_by_api' }),
    ...Array.from(
      { length: 3 },
      () => (): Command => ({ kind: 'claim', agent, leaseSeconds: 30, choose: { filter: {} } }),
    ),
    () => ({ kind: 'claim', agent, leaseSeconds: 30, choose: { id: id() } }),
    () => ({ kind: 'release', ...held(), force: random() < 0.3 }),
    () => ({ kind: 'extend', ...held(), leaseSeconds: 60 }),
    () => ({
      kind: 'complete',
      ...held(),
      completion: pick<life.Completion>({}, { result: 'busy', retryAt: now + 15 }),
    }),
    // One that is not there is all that is refused.
    () => ({ kind: 'note', id: random() < 0.3 ? calls.length + 1 : id(), text: 'x' }),
    () => ({ kind: 'expire_leases' }),
  )();
}

test.for(BACKENDS.filter(({ isChosen }) => isChosen))(
  '$name: after each command of a random sequence rows, history and feed are those of a plain model',
  async (backend) => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
    const random = randomOf(seed);
    const seen = new Set<string>();
    for (let sequence = 0; sequence < SEQUENCES[backend.name]; sequence++) {
      const store = await backend.prepare()('calls');
      const model = new Model();
      let now = NOW;
      for (let step = 0; step < STEPS; step++) {
        now += Math.floor(random() * 12);
        const command = randomCommand(random, model.calls, now);
        const context: CommandContext = contextOf({ now });
        const { outcome } = await store.execute(command, context);
        const expected = model.execute(command, now);
        const where = `seed ${seed}, sequence ${sequence}, step ${step}: ${JSON.stringify(command)}`;
        const ids =
          outcome.kind === 'calls' || outcome.kind === 'saved' ? outcome.calls.map(({ id }) => id) : undefined;
        if (command.kind !== 'expire_leases') expect(ids, where).toEqual(expected);
        seen.add(`${command.kind} ${ids === undefined ? 'refused' : ids.length > 0 ? 'done' : 'nothing'}`);

        const all = { filter: {}, sort: 'id', limit: 1000, at: { page: 1 }, moment: context.moment } as const;
        expect((await store.readCalls(all)).calls, where).toEqual(model.calls);
        const { json } = await store.readRendered(all);
        expect(JSON.parse(`[${Buffer.from(json)}]`), where).toEqual(model.calls.map(plainRow));
        expect(await store.lastSequence(), where).toBe(model.feed.length);
      }
      const feed = { since: 0, limit: 1000, projectIds: null, filter: {}, moment: contextOf({ now }).moment };
      expect((await store.changes(feed)).entries.map(({ call }) => call.id)).toEqual(model.feed);
      for (const { id, status } of model.calls) {
        const history = (await store.history(id, null)) ?? [];
        expect(history.map(({ event, to }) => `${event} ${to}`)).toEqual(model.history.get(id));
        // The history alone leads to the status of the row, each entry from where the one before ended.
        expect(history.map(({ from }) => from)).toEqual([null, ...history.map(({ to }) => to).slice(0, -1)]);
        expect(history.at(-1)?.to).toBe(status);
      }
      await store.close();
    }
    // Every kind of command has had its way at least once, and was refused at least once if it can be.
    for (const kind of ['update', 'cancel', 'delete', 'claim', 'release', 'extend', 'complete', 'note']) {
      expect(seen, `seed ${seed}`).toContain(`${kind} done`);
      expect(seen, `seed ${seed}`).toContain(`${kind} refused`);
    }
    expect(seen).toContain('claim nothing');
  },
);
