import type { SaveOutcome } from '../../client/src/contract.ts';
import type { Call } from './call.ts';
import { type CallContent, type Change, edit, type Happening, hasSameContent } from './call-life.ts';
import type { EpochSeconds } from './clock.ts';

/** What a save does to one call: an outcome, and the row that it is about. */
export type SaveDecision =
  | { outcome: Extract<SaveOutcome, 'created'>; happening: Happening }
  | { outcome: Extract<SaveOutcome, 'updated'>; change: Change }
  | { outcome: Extract<SaveOutcome, 'unchanged' | 'in_progress'>; call: Call };

export interface SaveSituation {
  /** The open call of the same project, external id and number; there can be only one. */
  open: Call | undefined;
  /** The call of the same project, external id and number that was closed last, within the repeat window. */
  recentlyClosed: Call | undefined;
}

/**
 * Decides what saving `content` means (api.md 6, behaviour of saving twice): an open call takes the new content, unless
 * somebody works on it; a repeat of what was closed a moment ago is a late retry and makes no second call.
 * @param again the caller insists on a new call although the same was closed a moment ago
 */
export function decideSave(
  { open, recentlyClosed }: SaveSituation,
  content: CallContent,
  again: boolean,
  now: EpochSeconds,
): SaveDecision {
  if (open !== undefined) {
    if (open.status === 'inprogress') return { outcome: 'in_progress', call: open };
    const decision = edit(open, content, now);
    return decision.kind === 'change' ? { outcome: 'updated', change: decision } : { outcome: 'unchanged', call: open };
  }
  if (!again && recentlyClosed !== undefined && hasSameContent(recentlyClosed, content)) {
    return { outcome: 'unchanged', call: recentlyClosed };
  }
  return { outcome: 'created', happening: { event: 'created' } };
}
