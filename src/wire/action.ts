import type { Action, Scope } from '../../client/src/contract.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { Projects } from '../core/project.ts';
import type { TimeZone } from '../core/time-zone.ts';
import type { Credential } from './credential.ts';
import type { Answer } from './envelope.ts';
import type { JsonSchema } from './json-schema.ts';
import type { ParameterMap } from './parameter.ts';
import type { SystemFacts } from './system-facts.ts';

/** What every action works with. */
export interface ApiParts {
  queue: CallQueue;
  projects: Projects;
  timeZone: TimeZone;
  /** Version of callqueue, for `me`. */
  version?: string;
  /** The only dialplan contexts that a call may be sent to (safety.md, rule 13); default: none. */
  contexts?: readonly string[];
  /** How long after a call was closed the same save is taken for a late repeat; default: an hour. */
  repeatWindowSeconds?: number;
  /** What `system` tells of the service around the queue; without it, that action fails. */
  system?: SystemFacts;
}

/** One request, authenticated and decoded. */
export interface ActionRequest {
  credential: Credential;
  parameters: ParameterMap;
  /** How it came: a repeated GET may be the work of a proxy. Default POST. */
  method?: string | undefined;
  /** The header `Idempotency-Key`. */
  idempotencyKey?: string | undefined;
}

/** One action of the API: what it needs, what it does, how it is described. One file each, listed in actions.ts. */
export interface ActionDefinition {
  name: Action;
  /** The least that a token must be allowed. */
  scope: Scope;
  /** Whether it changes something; a repeat can then be recognised. */
  isChanging: boolean;
  /** A few words, and some sentences, for the description of the API. */
  summary: string;
  description: string;
  /** Its parameters by name, besides those that every action takes. */
  parameters: Readonly<Record<string, JsonSchema>>;
  /** The members of its answer: one of `results`, `pagination`; and a whole answer as an example. */
  answer: { results: JsonSchema; pagination: JsonSchema; example(): unknown };
  /** Requests that work on any installation, with a title each. */
  examples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** @throws Refusal with everything that is wrong with the request */
  run(request: ActionRequest, parts: ApiParts): Promise<Answer>;
}

/** Allowed with every action: what selects it, and what belongs to authentication. */
export const COMMON_PARAMETERS: readonly string[] = ['action', 'api_hash', 'api_time', 'api_username', 'api_password'];

/** The `pagination` of actions that do not page: an empty list. */
export const noPaginationSchema: JsonSchema = { type: 'array', maxItems: 0 };
