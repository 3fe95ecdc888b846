import { CaptureDraft } from './capture-draft.ts';
import { DoNotCallDraft } from './do-not-call-draft.ts';
import { Draft } from './draft.ts';

/** All that a transaction is going to write. What is taken back of one is taken back of all. */
export interface Drafts {
  draft: Draft;
  capture: CaptureDraft;
  doNotCall: DoNotCallDraft;
}

/** @param lastId the last id that was ever given to a call */
export function createDrafts(lastId: number): Drafts {
  const draft = new Draft(lastId);
  return { draft, capture: new CaptureDraft(draft), doNotCall: new DoNotCallDraft(draft) };
}
