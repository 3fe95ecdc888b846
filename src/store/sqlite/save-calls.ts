import type { CallEvent, SaveOutcome } from '../../../client/src/contract.ts';
import { type Call, OPEN_STATUSES } from '../../core/call.ts';
import type { SaveCommand, SavedCall } from '../../core/call-command.ts';
import { contentOf } from '../../core/call-life.ts';
import { newCall } from '../../core/new-call.ts';
import { decideSave, type SaveSituation } from '../../core/save-call.ts';
import { reversed } from '../../core/search-text.ts';
import { nextId } from './insert-calls.ts';
import { literals } from './literals.ts';
import { findCall } from './read-calls.ts';
import { type Writing, writeChange, writeCreation } from './writing.ts';

export interface SaveOptions {
  /** Whether a call that was closed a moment ago is no reason not to make a new one. */
  again: boolean;
  repeatWindowSeconds: number;
  /** What the history of a new call begins with. */
  event: Extract<CallEvent, 'created' | 'imported'>;
}

/** Saves the calls of a command one after the other, so that the second of two equal ones meets the first. */
export function saveCalls(
  writing: Writing,
  { projectId, calls, dryRun, repeatWindowSeconds }: SaveCommand,
): SavedCall[] {
  const firstNew = nextId(writing.connection);
  let id = firstNew;
  return calls.map(({ content, again }) => {
    const fresh = newCall(id, projectId, content, writing.now);
    const { outcome, call } = saveCall(writing, fresh, { again, repeatWindowSeconds, event: 'created' });
    if (outcome === 'created') id += 1;
    const isStored = !dryRun || call.id < firstNew;
    return {
      id: isStored ? call.id : null,
      externalId: call.externalId,
      callerId: call.callerId,
      status: call.status,
      outcome,
    };
  });
}

/**
 * Saves one call as behaviour of saving twice wants it.
 * @param fresh the call as it is stored if it is a new one
 */
export function saveCall(
  writing: Writing,
  fresh: Call,
  { again, repeatWindowSeconds, event }: SaveOptions,
): { outcome: SaveOutcome; call: Call } {
  const { connection, derivation, now } = writing;
  const derived = derivation.derive(fresh);
  const situation =
    fresh.externalId === null
      ? NOTHING_ALIKE
      : findSituation(writing, fresh, reversed(derived.callerNumber), again ? 0 : repeatWindowSeconds);
  // The content is needed only where something is alike: a bulk of new calls is not to pay for it.
  const content = situation === NOTHING_ALIKE ? fresh : contentOf(fresh);
  const decision = decideSave(situation, content, again, now);
  switch (decision.outcome) {
    case 'created':
      writeCreation(writing, fresh, { ...decision.happening, event }, derived);
      return { outcome: 'created', call: fresh };
    case 'updated': {
      const before = situation.open ?? findCall(connection, decision.change.call.id);
      if (before === undefined) throw new Error(`Call ${decision.change.call.id} was decided about and is not there`);
      writeChange(writing, before, decision.change);
      return { outcome: 'updated', call: decision.change.call };
    }
    default:
      return decision;
  }
}

const NOTHING_ALIKE: SaveSituation = { open: undefined, recentlyClosed: undefined };

const IS_OPEN = `status IN (${literals(OPEN_STATUSES)})`;
const IS_ALIKE = 'external_id = ? AND caller_number_reversed = ? AND project_id = ?';
const SELECT_OPEN = `SELECT id, TRUE FROM calls INDEXED BY calls_open WHERE ${IS_ALIKE} AND ${IS_OPEN}`;
/** The open one, else the one that was closed last. */
const SELECT_ALIKE = `SELECT id, ${IS_OPEN} FROM calls INDEXED BY calls_by_external_id
  WHERE ${IS_ALIKE} AND (${IS_OPEN} OR updated_at >= ?) ORDER BY ${IS_OPEN} DESC, updated_at DESC, id DESC LIMIT 1`;

/**
 * Nobody else writes before this transaction ends, so what is seen here still holds when the row is written; were this
 * look ever wrong, the unique index would refuse the row.
 */
function findSituation({ connection, now }: Writing, call: Call, numberReversed: string, windowSeconds: number) {
  const alike = [call.externalId, numberReversed, call.projectId];
  const row =
    windowSeconds > 0
      ? connection.get(SELECT_ALIKE, [...alike, now - windowSeconds])
      : connection.get(SELECT_OPEN, alike);
  if (row === undefined) return NOTHING_ALIKE;
  const found = findCall(connection, row[0] as number);
  return row[1] === 1 ? { open: found, recentlyClosed: undefined } : { open: undefined, recentlyClosed: found };
}
