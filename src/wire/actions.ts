import type { Action } from '../../client/src/contract.ts';
import type { ActionDefinition } from './action.ts';
import { readAction } from './read-action.ts';

/** Every action there is. A new one is a file beside this one and a line here. */
const definitions: Record<Action, ActionDefinition> = {
  read: readAction,
};

/** A map, so that names such as `constructor` find nothing. */
export const actions: ReadonlyMap<string, ActionDefinition> = new Map(Object.entries(definitions));
