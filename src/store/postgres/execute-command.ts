import type { Command, CommandContext, CommandOutcome, CommandResult } from '../../core/call-command.ts';
import { cancel, claim, complete, extend, note, release, remove } from '../../core/call-life.ts';
import type { Derivation } from '../../core/call-store.ts';
import { keepPlace, recordGap } from './capture-records.ts';
import { changeCall, changeCalls, updateCalls } from './change-calls.ts';
import { addDoNotCall, removeDoNotCall } from './do-not-call.ts';
import type { Drafts } from './drafts.ts';
import { expireLeases } from './expire-leases.ts';
import type { Candidate } from './find-candidates.ts';
import { type FoundRows, namedRows } from './find-rows.ts';
import { recordMissed } from './record-missed.ts';
import { recordReached } from './record-reached.ts';
import { findRepeat, type StoredRepeats } from './repeats.ts';
import { saveCalls } from './save-calls.ts';
import type { Writing } from './writing.ts';

/** A command, and for whom and when. */
export interface Job {
  command: Command;
  context: CommandContext;
}

/** What a transaction knows before anything is decided. */
export interface Known extends Drafts {
  derivation: Derivation;
  repeats: StoredRepeats;
  /** Of the one command whose calls a filter chooses. */
  matching?: FoundRows;
  /** What was found for claims before anything was decided, and the wish that it is for. */
  candidates?: { of: string; rows: readonly Candidate[] };
  /** Calls that agents were given because of their filter, and their numbers as they are compared. */
  claimed: Map<number, string>;
}

/**
 * Decides a command and writes into the draft what comes of it, whole or not at all. Not for claims by a filter
 * (claim-calls.ts).
 */
export function executeCommand(known: Known, job: Job): CommandResult {
  const earlier = replayOf(known, job);
  if (earlier !== undefined) return earlier;
  const outcome = known.draft.attempt(
    () => decided(known, job),
    (result) => isStored(job, result),
  );
  return { outcome, isReplay: false };
}

/** The answer to a request that was made before. */
export function replayOf({ draft, repeats }: Known, { context }: Job): CommandResult | undefined {
  const { repeat, moment } = context;
  const earlier = repeat && findRepeat(draft, repeats, repeat, moment.now);
  return earlier && { outcome: earlier, isReplay: earlier.kind !== 'key_reused' };
}

export function writingOf({ draft, capture, doNotCall, derivation }: Known, { context }: Job): Writing {
  return { draft, capture, doNotCall, derivation, actor: context.actor, now: context.moment.now };
}

/** Who found nothing to claim may ask again with the same key. */
export function keepForRepeats({ draft }: Known, job: Job, outcome: CommandOutcome): void {
  const { repeat, moment } = job.context;
  const isWorthKeeping = isStored(job, outcome) && !(outcome.kind === 'calls' && outcome.calls.length === 0);
  if (repeat !== undefined && isWorthKeeping) draft.keepRepeat({ guard: repeat, outcome, now: moment.now });
}

/** What is not among these was refused, and is undone. */
const DONE: readonly CommandOutcome['kind'][] = ['saved', 'calls', 'recorded', 'do_not_call'];

function isStored({ command }: Job, outcome: CommandOutcome): boolean {
  return DONE.includes(outcome.kind) && !(command.kind === 'save' && command.dryRun);
}

function decided(known: Known, job: Job): CommandOutcome {
  const writing = writingOf(known, job);
  // First, so that nobody is refused or passed by because of a lease that is over.
  const expired = expireLeases(writing);
  const { command } = job;
  const outcome: CommandOutcome =
    command.kind === 'expire_leases' ? { kind: 'calls', calls: expired } : outcomeOf(known, writing, job);
  keepForRepeats(known, job, outcome);
  return outcome;
}

function outcomeOf(known: Known, writing: Writing, { command, context: { projectIds } }: Job): CommandOutcome {
  const { now } = writing;
  switch (command.kind) {
    case 'save':
      if (!mayUse(command.projectId, projectIds)) return NOT_THERE;
      return { kind: 'saved', calls: saveCalls(writing, command) };
    case 'update':
      return updateCalls(writing, command, projectIds);
    case 'cancel': {
      const { code, words } = command;
      return changeCalls(writing, foundBy(known, command), projectIds, (call) => cancel(call, code, words, now));
    }
    case 'delete':
      return changeCalls(writing, foundBy(known, command), projectIds, (call) => remove(call, command.code, now));
    case 'claim': {
      const { choose, agent, leaseSeconds } = command;
      if (!('id' in choose)) throw new TypeError('A claim by a filter has its own lane');
      return changeCall(writing, choose.id, projectIds, (call) => claim(call, agent, leaseSeconds, now));
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
      for (const channelId of command.channelIds) writing.capture.addOwnChannel(channelId, now);
      return KEPT;
    case 'record_gap':
      writing.draft.addStatement(recordGap(command));
      return KEPT;
    case 'keep_place':
      writing.draft.addStatement(keepPlace(command, now));
      return KEPT;
    case 'expire_leases':
      throw new TypeError('Leases have been looked at');
  }
}

function foundBy(
  { draft, matching }: Known,
  { rows }: Extract<Job['command'], { kind: 'cancel' | 'delete' }>,
): FoundRows {
  if (!('filter' in rows)) return namedRows(draft, rows);
  if (matching === undefined) throw new TypeError('Nobody has looked for the calls that match');
  return matching;
}

/** @param projectId null: all projects */
function mayUse(projectId: number | null, projectIds: readonly number[] | null): boolean {
  return projectIds === null || (projectId !== null && projectIds.includes(projectId));
}

const NOT_THERE: CommandOutcome = { kind: 'refused', rows: [{ id: null, index: 0, why: 'not_found' }] };
const KEPT: CommandOutcome = { kind: 'recorded', as: 'kept', calls: [] };
