import type { CallEvent, SaveOutcome } from '../../../client/src/contract.ts';
import type { Call } from '../../core/call.ts';
import type { SaveCommand, SavedCall } from '../../core/call-command.ts';
import { contentOf } from '../../core/call-life.ts';
import { newCall } from '../../core/new-call.ts';
import { decideSave, type SaveSituation } from '../../core/save-call.ts';
import { isOpen } from './draft.ts';
import { numberReversedOf, type Writing, writeChange, writeCreation } from './writing.ts';

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
  const firstNew = writing.draft.nextId();
  return calls.map(({ content, again }) => {
    const fresh = newCall(writing.draft.nextId(), projectId, content, writing.now);
    const { outcome, call } = saveCall(writing, fresh, { again, repeatWindowSeconds, event: 'created' });
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
  const { draft, now } = writing;
  const numberReversed = numberReversedOf(writing, fresh);
  const situation = findSituation(writing, fresh, numberReversed, again ? 0 : repeatWindowSeconds);
  // The content is needed only where something is alike: a bulk of new calls is not to pay for it.
  const content = situation === NOTHING_ALIKE ? fresh : contentOf(fresh);
  const decision = decideSave(situation, content, again, now);
  switch (decision.outcome) {
    case 'created':
      writeCreation(writing, fresh, { ...decision.happening, event }, numberReversed);
      return { outcome: 'created', call: fresh };
    case 'updated': {
      const before = draft.find(decision.change.call.id);
      if (before === undefined) throw new Error(`Call ${decision.change.call.id} was decided about and is not there`);
      writeChange(writing, before, decision.change);
      return { outcome: 'updated', call: decision.change.call };
    }
    default:
      return decision;
  }
}

const NOTHING_ALIKE: SaveSituation = { open: undefined, recentlyClosed: undefined };

/** Nobody else makes calls before this transaction ends (lanes.ts), so what is seen here still holds when it is written. */
function findSituation(
  { draft, now }: Writing,
  { projectId, externalId }: Call,
  numberReversed: string,
  windowSeconds: number,
): SaveSituation {
  const alike = externalId === null ? [] : draft.alike(projectId, externalId, numberReversed);
  if (alike.length === 0) return NOTHING_ALIKE;
  const open = alike.find(isOpen);
  if (open !== undefined) return { open, recentlyClosed: undefined };
  const [recentlyClosed] = alike
    .filter(({ updatedAt }) => windowSeconds > 0 && updatedAt >= now - windowSeconds)
    .sort((a, b) => b.updatedAt - a.updatedAt || b.id - a.id);
  return { open: undefined, recentlyClosed };
}
