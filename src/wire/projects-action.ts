import { type ProjectRow, type ProjectSetting, SETTING_ORIGINS } from '../../client/src/contract.ts';
import type { Project } from '../core/project.ts';
import type { ActionDefinition } from './action.ts';
import { type ActionArguments, parameterSchemas } from './arguments.ts';
import { successAnswer } from './envelope.ts';
import type { JsonSchema } from './json-schema.ts';
import { readArguments } from './read-arguments.ts';
import { answerOf } from './rows-answer.ts';
import { visibleProjects } from './visible-projects.ts';

type Nothing = Record<never, never>;

const spec: ActionArguments<Nothing> = { action: 'projects', isChanging: false, data: {} };

const projectSchema: JsonSchema = {
  type: 'object',
  description: 'A project.',
  properties: {
    id: { type: 'integer', description: 'project_id of its calls.' },
    name: { type: 'string', description: 'For people.' },
    settings: {
      type: 'array',
      description: 'Its settings in force.',
      items: {
        type: 'object',
        properties: {
          name: {
            type: 'string',
            description: 'As in the settings file; missed_calls.kinds is kinds in missed_calls.',
          },
          value: {
            type: ['string', 'integer', 'array', 'null'],
            items: { type: 'string' },
            description: 'Null: not set.',
          },
          origin: {
            enum: SETTING_ORIGINS,
            description: "The project's own entry, the setting for all projects, or nobody set it.",
          },
        },
        required: ['name', 'value', 'origin'],
      },
    },
  },
  required: ['id', 'name', 'settings'],
};

/** `action=projects`: the projects, the settings in force for each, and where each comes from. */
export const projectsAction: ActionDefinition = {
  name: 'projects',
  scope: 'read',
  isChanging: false,
  summary: 'Read the projects and their settings',
  description: 'The projects that the token may use, with the settings in force and where each comes from.',
  parameters: parameterSchemas(spec),
  answer: answerOf(projectSchema, () => [projectRow({ id: 1, name: 'Sales', country: 'RO' })]),
  examples: { 'All projects': {} },
  async run(request, parts) {
    readArguments(request, parts, spec).settle();
    return successAnswer(null, visibleProjects(request.credential, parts.projects).map(projectRow));
  },
};

function projectRow({ id, name, country, settings }: Project): ProjectRow {
  return { id, name, settings: settings === undefined ? ownSettings({ name, country }) : [...settings] };
}

function ownSettings({ name, country }: { name: string; country: string | undefined }): ProjectSetting[] {
  return [
    { name: 'name', value: name, origin: 'project' },
    { name: 'country', value: country ?? null, origin: country === undefined ? 'default' : 'project' },
  ];
}
