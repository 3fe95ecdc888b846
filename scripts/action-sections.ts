import type { ActionDefinition } from '../src/wire/action.ts';
import { actions } from '../src/wire/actions.ts';
import type { JsonSchema } from '../src/wire/json-schema.ts';
import { markdownTable } from './fill-page.ts';

/** A section of docs/api.md for every action but `read`, which has one of its own. */
export function actionSections(): string {
  const described = [...actions.values()].filter(({ name }) => name !== 'read');
  const seen = new Set<string>();
  return described.map((action) => section(action, seen)).join('\n\n');
}

function section(action: ActionDefinition, seen: Set<string>): string {
  const { name, summary, description, scope, parameters, examples } = action;
  const { data, ...others } = parameters;
  const beside = Object.keys(others).filter((member) => data === undefined || !(member in membersOf(data)));
  const example = Object.values(examples)[0] ?? {};
  return [
    `### \`${name}\`: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`,
    `${description} Scope \`${scope}\`.`,
    ...(data === undefined ? [] : tables(data, seen)),
    `Beside${data === undefined ? ' the action' : ' `data`'}: ${beside.map((member) => `\`${member}\``).join(', ')}.`,
    `\`\`\`json\n${jsonOf({ action: name, ...example })}\n\`\`\``,
  ].join('\n\n');
}

/** The members of `data`, then those of each row in its lists, unless an action before had the same. */
function tables(data: JsonSchema, seen: Set<string>): string[] {
  const members = Object.entries(membersOf(data));
  const lists = members.flatMap(([list, { items }]) => (items?.properties === undefined ? [] : [{ list, items }]));
  return [
    table('member of `data`', members, data),
    ...lists.map(({ list, items }) => {
      const rows = Object.entries(membersOf(items));
      const fresh = rows.filter(([member]) => !seen.has(member) || member === 'id');
      const isKnown = fresh.length < rows.length;
      for (const [member] of rows) seen.add(member);
      return `${table(`member of a row of \`${list}\``, fresh, items)}${isKnown ? '\n\nAnd the fields of a call as for `save`.' : ''}`;
    }),
  ];
}

function table(head: string, members: [string, JsonSchema][], { required = [] }: JsonSchema): string {
  const rows = members.map(([member, schema]) => [
    `\`${member}\`${required.includes(member) ? ', required' : ''}`,
    textOf(schema),
  ]);
  return markdownTable([head, ''], rows);
}

const membersOf = (schema: JsonSchema): Record<string, JsonSchema> => schema.properties ?? {};

/** What filters are is said once, in a section of its own. */
function textOf({ description = '', properties }: JsonSchema): string {
  const isFilters = properties !== undefined && 'date_between' in properties;
  return isFilters
    ? `${description.replace(/ Combined with AND.*/, '')} [Filters](#filters) as for \`read\`.`
    : description;
}

/** On one line if it fits. */
function jsonOf(value: object): string {
  const indented = JSON.stringify(value, null, 2);
  const line = indented.replace(/\n */g, ' ').replace(/([{[]) | ([}\]])/g, '$1$2');
  return line.length <= 120 ? line : indented;
}
