import type { Action } from '../../client/src/contract.ts';
import type { ActionDefinition } from './action.ts';
import { cancelAction } from './cancel-action.ts';
import { changesAction } from './changes-action.ts';
import { claimAction } from './claim-action.ts';
import { completeAction } from './complete-action.ts';
import { deleteAction } from './delete-action.ts';
import { doNotCallAction } from './do-not-call-action.ts';
import { extendAction } from './extend-action.ts';
import { historyAction } from './history-action.ts';
import { liveAction } from './live-action.ts';
import { meAction } from './me-action.ts';
import { noteAction } from './note-action.ts';
import { projectsAction } from './projects-action.ts';
import { readAction } from './read-action.ts';
import { releaseAction } from './release-action.ts';
import { saveAction } from './save-action.ts';
import { statsAction } from './stats-action.ts';
import { systemAction } from './system-action.ts';
import { updateAction } from './update-action.ts';

/** Every action there is. A new one is a file beside this one and a line here. */
const definitions: Record<Action, ActionDefinition> = {
  read: readAction,
  save: saveAction,
  update: updateAction,
  cancel: cancelAction,
  delete: deleteAction,
  claim: claimAction,
  extend: extendAction,
  release: releaseAction,
  complete: completeAction,
  note: noteAction,
  history: historyAction,
  stats: statsAction,
  changes: changesAction,
  me: meAction,
  projects: projectsAction,
  do_not_call: doNotCallAction,
  live: liveAction,
  system: systemAction,
};

/** A map, so that names such as `constructor` find nothing. */
export const actions: ReadonlyMap<string, ActionDefinition> = new Map(Object.entries(definitions));
