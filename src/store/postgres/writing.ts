import type { Status } from '../../../client/src/contract.ts';
import type { Call } from '../../core/call.ts';
import type { Change, Happening } from '../../core/call-life.ts';
import type { Derivation } from '../../core/call-store.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { reversed } from '../../core/search-text.ts';
import type { Drafts } from './drafts.ts';

/** Who writes what and when, into the draft of a transaction. */
export interface Writing extends Drafts {
  derivation: Derivation;
  /** As it stands in the history. */
  actor: string;
  now: EpochSeconds;
}

/** Writes down what a decision of call-life.ts made of a call: row, history and change feed. */
export function writeChange(writing: Writing, before: Call, { call, happening }: Change): void {
  writing.draft.update({ call, numberReversed: numberOf(writing, before, call) });
  write(writing, call, before.status, happening);
}

/** Writes down a new call: row, the first entry of its history, and change feed. */
export function writeCreation(writing: Writing, call: Call, happening: Happening, numberReversed: string): void {
  writing.draft.create({ call, numberReversed });
  write(writing, call, null, happening);
}

/** The number of a call as it is compared. */
export function numberReversedOf({ derivation }: Pick<Writing, 'derivation'>, call: Call): string {
  return reversed(derivation.callerNumber(call));
}

function numberOf(writing: Writing, before: Call, call: Call): string {
  const known = before.callerId === call.callerId ? writing.draft.row(call.id)?.numberReversed : undefined;
  return known ?? numberReversedOf(writing, call);
}

function write({ draft, actor, now }: Writing, call: Call, from: Status | null, happening: Happening): void {
  const { event, reason = null, facts = {} } = happening;
  draft.addEntry({ callId: call.id, at: now, actor, event, from, to: call.status, reason, facts });
  draft.addChange({ callId: call.id, projectId: call.projectId, at: now });
}
