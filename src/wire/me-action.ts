import { type MeRow, SCOPES } from '../../client/src/contract.ts';
import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import { EXAMPLE_TIME_ZONE } from './example-call.ts';
import type { JsonSchema } from './json-schema.ts';
import { readArguments } from './read-arguments.ts';
import { answerOf } from './rows-answer.ts';
import { visibleProjects } from './visible-projects.ts';

type Nothing = Record<never, never>;

const spec: ActionArguments<Nothing> = { action: 'me', isChanging: false, data: {} };

const members: Record<keyof MeRow, JsonSchema> = {
  token: { type: 'string', description: 'Name of the token.' },
  agent: { type: ['string', 'null'], description: 'The agent that it speaks for.' },
  scopes: { type: 'array', items: { enum: SCOPES }, description: 'What it may do.' },
  projects: { type: 'array', items: { type: 'integer' }, description: 'The projects that it may use.' },
  timezone: { type: 'string', description: 'IANA name of the zone in which times are written.' },
  version: { type: 'string', description: 'Version of callqueue.' },
};

const meSchema: JsonSchema = {
  type: 'object',
  description: 'Who asks.',
  properties: members,
  required: Object.keys(members),
};

/** `action=me`: what the token is and may. */
export const meAction: ActionDefinition = {
  name: 'me',
  scope: 'read',
  isChanging: false,
  summary: 'Who am I',
  description: 'Says what the token is and may do, and what the installation is.',
  parameters: parameterSchemas(spec),
  answer: answerOf(meSchema, () => [
    {
      token: 'CRM',
      agent: null,
      scopes: ['read', 'write'],
      projects: [1],
      timezone: EXAMPLE_TIME_ZONE,
      version: '1.0.0',
    } satisfies MeRow,
  ]),
  examples: { 'Who am I': {} },
  async run(request, parts) {
    readArguments(request, parts, spec).settle();
    const { name, agent, scope } = request.credential;
    const me: MeRow = {
      token: name,
      agent,
      scopes: SCOPES.slice(0, SCOPES.indexOf(scope) + 1),
      projects: visibleProjects(request.credential, parts.projects).map(({ id }) => id),
      timezone: parts.timeZone.name,
      version: parts.version ?? 'unknown',
    };
    return successAnswer(null, [me]);
  },
};
