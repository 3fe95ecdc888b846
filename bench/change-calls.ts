import type { Command } from '../src/core/call-command.ts';
import type { CallContent } from '../src/core/call-life.ts';
import type { NewCall, Store } from '../src/core/call-store.ts';
import type { EpochSeconds } from '../src/core/clock.ts';
import { makeCalls, randomOf } from './make-calls.ts';
import { NOW } from './settings.ts';

/** Changes single calls as a busy installation does. Each answers after its own durable transaction. */
export interface CallChanger {
  insert(now: EpochSeconds): Promise<void>;
  /** By turns: a pending call is claimed, a claimed one completed. */
  changeStatus(now: EpochSeconds): Promise<void>;
  reschedule(now: EpochSeconds): Promise<void>;
}

const DAY = 86_400;
/** The bench claims as of a day that is long past for the server, which ends leases by today's clock. */
const LEASE = 100 * 365 * DAY;
const AGENT = 'bench';
/** So many calls are held at least; then about every second change of a status gives one up. */
const HELD = 20;

/**
 * Works through the store's own commands, history and change feed included.
 * @param pending calls that may be claimed and moved; nobody else changes them
 */
export function createCallChanger(store: Pick<Store, 'execute'>, pending: number[], seed: number): CallChanger {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const made = makeCalls({ count: 1_000_000_000, seed, now: NOW });
  const claimed: number[] = [];
  let inserted = 0;

  /** @throws Error when it was not done: then nothing that is measured beside it would mean anything */
  const execute = async (command: Command, now: EpochSeconds) => {
    const moment = { now, pbxConnected: false };
    const { outcome } = await store.execute(command, { actor: AGENT, moment, projectIds: null });
    if (outcome.kind === 'saved' || (outcome.kind === 'calls' && outcome.calls.length === 1)) return outcome;
    throw new Error(`A change of the bench was refused: ${JSON.stringify({ command, outcome })}`);
  };
  const takePending = (): number => {
    const at = below(pending.length);
    const id = pending[at]!;
    pending[at] = pending.at(-1)!;
    pending.pop();
    return id;
  };

  return {
    async insert(now) {
      const call = made.next().value as NewCall;
      inserted += 1;
      const content = contentOf(call, `bench-${seed}-${inserted}`, call.schedule && now + below(20 * DAY));
      const { projectId } = call;
      const save = { kind: 'save', projectId, dryRun: false, repeatWindowSeconds: DAY } as const;
      const outcome = await execute({ ...save, calls: [{ content, again: false }] }, now);
      if (outcome.kind === 'saved') pending.push(outcome.calls[0]?.id as number);
    },
    async changeStatus(now) {
      if (claimed.length < HELD || below(2) === 0) {
        const id = takePending();
        await execute({ kind: 'claim', agent: AGENT, leaseSeconds: LEASE, choose: { id } }, now);
        claimed.push(id);
      } else {
        const id = claimed.shift()!;
        await execute({ kind: 'complete', id, agent: AGENT, completion: { result: 'answered' } }, now);
      }
    },
    async reschedule(now) {
      const id = pending[below(pending.length)]!;
      await execute({ kind: 'update', edits: [{ id, content: { schedule: now + below(20 * DAY) } }] }, now);
    },
  };
}

/** What a caller would save of a made call. */
function contentOf(call: NewCall, externalId: string, schedule: EpochSeconds | null): CallContent {
  return {
    callerId: call.callerId,
    callerIdName: call.callerIdName,
    outboundNumber: call.outboundNumber,
    outboundTrunk: call.outboundTrunk,
    campaignName: call.campaignName,
    campaignInfo: call.campaignInfo,
    // The dialler calls nobody for an agent who is not named.
    outboundType: call.type === null ? 'manual' : call.outboundType,
    attendType: call.attendType,
    type: call.type,
    destination: call.destination,
    priority: call.priority,
    schedule,
    externalId,
    maxRetries: call.maxRetries,
    vars: call.vars,
  };
}
