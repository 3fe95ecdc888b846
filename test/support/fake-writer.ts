import type { Call } from '../../src/core/call.ts';
import type {
  Command,
  CommandContext,
  CommandOutcome,
  FeedEntry,
  HistoryEntry,
  RowChoice,
  RowRefusal,
} from '../../src/core/call-command.ts';
import type { CallJournal } from '../../src/core/call-journal.ts';
import {
  cancel,
  claim,
  complete,
  type Decision,
  edit,
  extend,
  type Happening,
  release,
  remove,
} from '../../src/core/call-life.ts';
import type { NewCall } from '../../src/core/call-store.ts';
import type { CallWriter } from '../../src/core/call-writer.ts';
import { isDue } from '../../src/core/dispatch.ts';
import { decideSave } from '../../src/core/save-call.ts';
import { makeCall } from './make-call.ts';

/** Writes into memory what a store writes into a database: enough for tests of the API, until the store can. */
export interface FakeWriter extends CallWriter, CallJournal {
  calls: Call[];
  add(calls: readonly NewCall[]): void;
}

export function createFakeWriter(): FakeWriter {
  let calls: Call[] = [];
  const histories = new Map<number, HistoryEntry[]>();
  const feed: { sequence: number; id: number }[] = [];
  const repeats = new Map<string, { fingerprint: string; expires: number; outcome: CommandOutcome }>();

  function write(call: Call, before: Call | undefined, happening: Happening, { actor, moment }: CommandContext): void {
    calls = [...calls.filter(({ id }) => id !== call.id), call].sort((a, b) => a.id - b.id);
    const { event, reason = null, facts = {} } = happening;
    const entry = { at: moment.now, actor, event, from: before?.status ?? null, to: call.status, reason, facts };
    histories.set(call.id, [...(histories.get(call.id) ?? []), entry]);
    feed.push({ sequence: feed.length + 1, id: call.id });
  }

  function run(command: Command, context: CommandContext): CommandOutcome {
    const { now } = context.moment;
    const isSeen = ({ projectId }: Call) => context.projectIds === null || context.projectIds.includes(projectId);
    const find = (id: number) => calls.find((call) => call.id === id && isSeen(call));
    const decide = (ids: readonly number[], decision: (call: Call, index: number) => Decision): CommandOutcome => {
      const decisions = ids.map((id, index) => {
        const call = find(id);
        return { id, index, call, decision: call && decision(call, index) };
      });
      const refused = decisions.flatMap(({ id, index, decision: found }): RowRefusal[] => {
        if (found === undefined) return [{ id, index, why: 'not_found' as const }];
        return found.kind === 'conflict' ? [{ id, index, why: 'conflict' as const, conflict: found }] : [];
      });
      if (refused.length > 0) return { kind: 'refused', rows: refused };
      for (const { call, decision: found } of decisions) {
        if (found?.kind === 'change') write(found.call, call, found.happening, context);
      }
      return { kind: 'calls', calls: ids.flatMap((id) => find(id) ?? []) };
    };
    const idsOf = (rows: RowChoice): readonly number[] | CommandOutcome => {
      if ('ids' in rows) return rows.ids;
      if ('filter' in rows) {
        const found = calls.filter((call) => isSeen(call) && (rows.filter.statuses?.includes(call.status) ?? true));
        if (found.length !== rows.expect) return { kind: 'unexpected_count', matched: found.length };
        return found.map(({ id }) => id);
      }
      const missing = rows.externalIds.filter((own) => !calls.some((call) => call.externalId === own && isSeen(call)));
      if (missing.length > 0) {
        const refused = missing.map((externalId, index) => ({
          id: null,
          index,
          why: 'not_found' as const,
          externalId,
        }));
        return { kind: 'refused', rows: refused };
      }
      return calls.filter((call) => rows.externalIds.includes(call.externalId ?? '')).map(({ id }) => id);
    };
    const decideRows = (rows: RowChoice, decision: (call: Call) => Decision): CommandOutcome => {
      const ids = idsOf(rows);
      return 'kind' in ids ? ids : decide(ids, decision);
    };

    switch (command.kind) {
      case 'save': {
        const saved = command.calls.map(({ content, again }) => {
          const same = (call: Call) =>
            content.externalId !== null && call.externalId === content.externalId && call.callerId === content.callerId;
          const open = calls.find((call) => same(call) && ['pending', 'inprogress'].includes(call.status));
          const recentlyClosed = calls.find((call) => same(call) && call !== open);
          const decision = decideSave({ open, recentlyClosed }, content, again, now);
          const common = { externalId: content.externalId, callerId: content.callerId, outcome: decision.outcome };
          if (decision.outcome === 'created') {
            const id = (calls.at(-1)?.id ?? 0) + 1;
            const call = {
              ...makeCall({ ...content, createdAt: now, updatedAt: now }),
              id,
              projectId: command.projectId,
            };
            if (!command.dryRun) write(call, undefined, decision.happening, context);
            return { ...common, id: command.dryRun ? null : id, status: call.status };
          }
          const call = decision.outcome === 'updated' ? decision.change.call : decision.call;
          if (decision.outcome === 'updated' && !command.dryRun) write(call, open, decision.change.happening, context);
          return { ...common, id: call.id, status: call.status };
        });
        return { kind: 'saved', calls: saved };
      }
      case 'update': {
        const { edits } = command;
        const editOf = (call: Call, index: number) =>
          edit(call, edits[index]?.content ?? {}, now, edits[index]?.expectedUpdatedAt);
        return decide(
          edits.map(({ id }) => id),
          editOf,
        );
      }
      case 'cancel':
        return decideRows(command.rows, (call) => cancel(call, command.code, command.words, now));
      case 'delete':
        return decideRows(command.rows, (call) => remove(call, command.code, now));
      case 'claim': {
        const { choose } = command;
        const due = calls.find((call) => isSeen(call) && isDue(call, now));
        const id = 'id' in choose ? choose.id : due?.id;
        if (id === undefined) return { kind: 'calls', calls: [] };
        return decide([id], (call) => claim(call, command.agent, command.leaseSeconds, now));
      }
      case 'extend':
        return decide([command.id], (call) => extend(call, command.agent, command.leaseSeconds, now));
      case 'release':
        return decide([command.id], (call) => release(call, command.agent, now, command));
      case 'complete':
        return decide([command.id], (call) => complete(call, command.agent, command.completion, now));
      case 'note': {
        const happening: Happening = { event: 'note', reason: command.text };
        return decide([command.id], (call) => ({ kind: 'change', call: { ...call, updatedAt: now }, happening }));
      }
      case 'expire_leases':
        return { kind: 'calls', calls: [] };
    }
  }

  return {
    get calls() {
      return calls;
    },
    add(added) {
      for (const call of added) calls = [...calls, { ...call, id: calls.length + 1 }];
    },
    async execute(command, context) {
      const { repeat, moment } = context;
      const name = `${repeat?.tokenId} ${repeat?.key}`;
      const earlier = repeats.get(name);
      if (repeat !== undefined && earlier !== undefined && earlier.expires > moment.now) {
        if (earlier.fingerprint !== repeat.fingerprint) return { outcome: { kind: 'key_reused' }, isReplay: false };
        return { outcome: earlier.outcome, isReplay: true };
      }
      const outcome = run(command, context);
      if (repeat !== undefined && (outcome.kind === 'saved' || outcome.kind === 'calls')) {
        repeats.set(name, { fingerprint: repeat.fingerprint, expires: moment.now + repeat.keepSeconds, outcome });
      }
      return { outcome, isReplay: false };
    },
    tidy: async () => ({ history: 0, changes: 0, calls: 0, repeats: 0 }),
    history: async (id, projectIds) => {
      const call = calls.find((found) => found.id === id);
      const isSeen = call !== undefined && (projectIds === null || projectIds.includes(call.projectId));
      return isSeen ? (histories.get(id) ?? []) : undefined;
    },
    async changes({ since, limit, projectIds, filter }) {
      const later = feed.filter(({ sequence }) => sequence > since);
      const entries = later.slice(0, limit).flatMap(({ sequence, id }): FeedEntry[] => {
        const call = calls.find((found) => found.id === id);
        if (call === undefined || (projectIds !== null && !projectIds.includes(call.projectId))) return [];
        return [{ sequence, call, matches: filter.statuses?.includes(call.status) ?? true }];
      });
      const nextSince = later[Math.min(limit, later.length) - 1]?.sequence ?? since;
      return { entries, nextSince, more: later.length > limit, reset: since > feed.length };
    },
    lastSequence: async () => feed.length,
    onChange: () => () => undefined,
    async stats(filter, { now }) {
      const found = calls.filter(({ projectId }) => filter.projectIds?.includes(projectId) ?? true);
      const count = (status: Call['status']) => found.filter((call) => call.status === status).length;
      const due = found.filter((call) => isDue(call, now));
      return {
        total: found.length,
        byStatus: {
          pending: count('pending'),
          inprogress: count('inprogress'),
          completed: count('completed'),
          cancelled: count('cancelled'),
          deleted: count('deleted'),
        },
        dueNow: due.length,
        overdue: due.length,
        oldestDueSince: due[0]?.createdAt ?? null,
        byProject: [],
        byDestination: [],
        byResult: [],
        byGate: [],
      };
    },
  };
}
