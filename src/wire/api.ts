import { SCOPES } from '../../client/src/contract.ts';
import type { ActionDefinition, ApiParts } from './action.ts';
import { actions } from './actions.ts';
import type { Credential } from './credential.ts';
import type { Answer } from './envelope.ts';
import { show } from './field-types.ts';
import { messages } from './messages.ts';
import type { ParameterMap } from './parameter.ts';
import { prepareRead, readAction } from './read-action.ts';
import { Refusal } from './refusal.ts';

/** One request, authenticated, its hash checked. */
export interface ApiRequest {
  credential: Credential;
  parameters: ParameterMap;
  /** The action that the address names: `POST /api/call-queue/ACTION`. */
  pathAction?: string | undefined;
  /** How the request came: a changing GET is guarded against being sent twice. Default POST. */
  method?: string | undefined;
  /** The header `Idempotency-Key`. */
  idempotencyKey?: string | undefined;
}

export interface Api {
  /**
   * Does what a request asks for.
   * @throws Refusal with everything that is wrong with it; StoreUnavailableError. `errorAnswer` translates both.
   */
  handle(request: ApiRequest): Promise<Answer>;
  /**
   * What a request that was just answered well comes to: called again, it answers the same request as of then. Undefined
   * for what changes something, or holds for a while only.
   */
  repeatable?(request: ApiRequest): (() => Promise<Answer>) | undefined;
}

export function createApi(parts: ApiParts): Api {
  return {
    async handle({ pathAction, ...request }) {
      const { credential, parameters } = request;
      const action = actionOf(parameters, pathAction);
      if (SCOPES.indexOf(credential.scope) < SCOPES.indexOf(action.scope)) {
        throw new Refusal(403, [messages.actionNotAllowed(action.name)]);
      }
      return action.run(request, parts);
    },
    repeatable({ credential, parameters, pathAction }) {
      // `api_time` makes a request worthless after some minutes.
      if (pathAction !== undefined || parameters.get('action') !== readAction.name) return undefined;
      return parameters.has('api_time') ? undefined : prepareRead({ credential, parameters }, parts);
    },
  };
}

/** The member `action` selects, or the address; if both do, they must agree. */
function actionOf(parameters: ParameterMap, pathAction: string | undefined): ActionDefinition {
  const value = parameters.get('action') ?? null;
  const named = value === null || value === '' ? undefined : show(value);
  const name = named ?? pathAction;
  if (name === undefined) throw new Refusal(400, [messages.missingAction()]);
  if (pathAction !== undefined && name !== pathAction) {
    throw new Refusal(400, [messages.actionMismatch(pathAction, name)]);
  }
  const action = actions.get(name);
  // `show` would write a list as words; only a text can be an action.
  if (action === undefined || (named !== undefined && typeof value !== 'string')) {
    throw new Refusal(400, [messages.invalidAction(name)]);
  }
  return action;
}
