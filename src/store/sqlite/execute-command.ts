import type { Command, CommandContext, CommandOutcome, CommandResult } from '../../core/call-command.ts';
import { cancel, claim, complete, extend, note, release, remove } from '../../core/call-life.ts';
import type { Derivation } from '../../core/call-store.ts';
import { keepPlace, recordGap, recordOwnChannels } from './capture-records.ts';
import { changeCall, changeCalls, updateCalls } from './change-calls.ts';
import { bestDueCall } from './claim-call.ts';
import type { Connection } from './connection.ts';
import { addDoNotCall, removeDoNotCall } from './do-not-call.ts';
import { expireLeases } from './expire-leases.ts';
import { recordMissed } from './record-missed.ts';
import { recordReached } from './record-reached.ts';
import { findRepeat, keepForRepeats } from './repeats.ts';
import { saveCalls } from './save-calls.ts';
import type { Writing } from './writing.ts';

/**
 * Carries a command out within the transaction of the caller, who undoes everything when `isStored` is false or
 * something is thrown.
 */
export function executeCommand(
  connection: Connection,
  derivation: Derivation,
  command: Command,
  context: CommandContext,
): CommandResult & { isStored: boolean } {
  const { moment, repeat } = context;
  const writing: Writing = { connection, derivation, actor: context.actor, now: moment.now };
  const earlier = repeat && findRepeat(connection, repeat, moment.now);
  if (earlier !== undefined) {
    return { outcome: earlier, isReplay: earlier.kind !== 'key_reused', isStored: false };
  }
  // First, so that nobody is refused or passed by because of a lease that is over.
  const expired = expireLeases(writing);
  const outcome: CommandOutcome =
    command.kind === 'expire_leases' ? { kind: 'calls', calls: expired } : outcomeOf(writing, command, context);
  const isDone = DONE.includes(outcome.kind);
  const isStored = isDone && !(command.kind === 'save' && command.dryRun);
  // Who found nothing to claim may ask again with the same key.
  const isWorthKeeping = isStored && !(outcome.kind === 'calls' && outcome.calls.length === 0);
  if (repeat !== undefined && isWorthKeeping) keepForRepeats(connection, repeat, outcome, moment.now);
  return { outcome, isReplay: false, isStored };
}

/** What is not among these was refused, and is undone. */
const DONE: readonly CommandOutcome['kind'][] = ['saved', 'calls', 'recorded', 'do_not_call'];

function outcomeOf(
  writing: Writing,
  command: Exclude<Command, { kind: 'expire_leases' }>,
  { moment, projectIds }: CommandContext,
): CommandOutcome {
  const { now } = writing;
  switch (command.kind) {
    case 'save':
      if (!mayUse(command.projectId, projectIds)) return NOT_THERE;
      return { kind: 'saved', calls: saveCalls(writing, command) };
    case 'update':
      return updateCalls(writing, command, projectIds);
    case 'cancel': {
      const { rows, code, words } = command;
      return changeCalls(writing, rows, moment, projectIds, (call) => cancel(call, code, words, now));
    }
    case 'delete':
      return changeCalls(writing, command.rows, moment, projectIds, (call) => remove(call, command.code, now));
    case 'claim': {
      const { choose, agent, leaseSeconds } = command;
      const id = 'id' in choose ? choose.id : bestDueCall(writing.connection, choose.filter, moment, projectIds);
      if (id === undefined) return { kind: 'calls', calls: [] };
      return changeCall(writing, id, projectIds, (call) => claim(call, agent, leaseSeconds, now));
    }
    case 'extend': {
      const { id, agent, leaseSeconds } = command;
      return changeCall(writing, id, projectIds, (call) => extend(call, agent, leaseSeconds, now));
    }
    case 'release': {
      const { id, agent, schedule, force } = command;
      const options = { force, ...(schedule !== undefined && { schedule }) };
      return changeCall(writing, id, projectIds, (call) => release(call, agent, now, options));
    }
    case 'complete': {
      const { id, agent, completion } = command;
      return changeCall(writing, id, projectIds, (call) => complete(call, agent, completion, now));
    }
    case 'note':
      return changeCall(writing, command.id, projectIds, (call) => note(call, command.text, now));
    case 'add_do_not_call':
      return mayUse(command.projectId, projectIds) ? addDoNotCall(writing, command) : NOT_THERE;
    case 'remove_do_not_call':
      return mayUse(command.projectId, projectIds) ? removeDoNotCall(writing, command) : NOT_THERE;
    case 'record_missed':
      return { kind: 'recorded', ...recordMissed(writing, command) };
    case 'record_reached':
      return { kind: 'recorded', ...recordReached(writing, command) };
    case 'record_own_channels':
      recordOwnChannels(writing, command);
      return KEPT;
    case 'record_gap':
      recordGap(writing, command);
      return KEPT;
    case 'keep_place':
      keepPlace(writing, command);
      return KEPT;
  }
}

/** @param projectId null: all projects */
function mayUse(projectId: number | null, projectIds: readonly number[] | null): boolean {
  return projectIds === null || (projectId !== null && projectIds.includes(projectId));
}

const NOT_THERE: CommandOutcome = { kind: 'refused', rows: [{ id: null, index: 0, why: 'not_found' }] };
const KEPT: CommandOutcome = { kind: 'recorded', as: 'kept', calls: [] };
