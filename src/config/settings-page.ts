import { CONFIG_VARIABLE, SETTINGS, SETTINGS_SCHEMA, type Setting, type SettingSchema } from './setting-names.ts';

/** docs/configuration.md, made from the schema by `npm run docs`. */
export function settingsPage(): string {
  const groups = Object.entries(SETTINGS_SCHEMA.properties ?? {}).filter(
    ([, schema]) => schema.properties !== undefined,
  );
  const plain = SETTINGS.filter(({ path }) => path.length === 1);
  return `${[
    '# Settings',
    '<!-- Written by `npm run docs` from src/config/schema.ts: change it there. -->',
    introduction,
    '## All settings',
    table(plain.map(row)),
    ...groups.map(([name]) => {
      const members = SETTINGS.filter(({ path }) => path.length > 1 && path[0] === name);
      return `### ${name}\n\n${table(members.map(row))}`;
    }),
    ...['projects', 'inbound_routes'].map((name) => listSection(name)),
    example,
  ].join('\n\n')}\n`;
}

const introduction = `callqueue starts without any setting. What you do set stands in one file, \`callqueue.yaml\` in the working directory (or
the file that \`${CONFIG_VARIABLE}\` names), or in environment variables, which win over the file. A variable that is empty
counts as absent. At the start every mistake is reported at once; a name that nobody knows is a mistake too.
\`callqueue doctor\` checks the settings without starting anything.

Secrets (marked below) are never logged nor quoted in messages. In a file they deserve the mode 0600.`;

const example = `## A file

\`\`\`yaml
timezone: Europe/Bucharest
country: RO # for projects that name none
host: 0.0.0.0
port: 8080
trusted_proxies: [10.0.0.0/8]
pbx:
  url: ami://callqueue:secret@127.0.0.1:5038
  queue_log: /var/log/asterisk/queue_log
projects:
  - id: 1
    name: Sales
    missed_calls: { kinds: [queue_hangup, queue_timeout, no_answer], shortest_wait_seconds: 3, type: queue, destination: sales }
  - { id: 2, name: Support Berlin, country: DE }
inbound_routes:
  - { id: 12, did: "+441632960000", project: 1 } # in quotes, as numbers would lose what is in front
  - { id: 13, did: "+493023125000", project: 2, type: queue, destination: support }
limits:
  request_timeout_seconds: 30
\`\`\`

The same port as a variable: \`CALLQUEUE_PORT=8080\`. Members of a group have the group in their name:
\`CALLQUEUE_LIMITS_REQUEST_TIMEOUT_SECONDS=30\`.`;

type Row = readonly [setting: string, fallback: string, allowed: string, meaning: string];

function row({ name, variable, shortVariable, schema }: Setting): Row {
  const also = shortVariable === undefined ? '' : ` or \`${shortVariable}\``;
  return [`\`${name}\`<br>\`${variable}\`${also}`, fallback(schema), schema.allowed ?? '', meaning(schema)];
}

/** What each entry of a list may hold; a group in it has its name in front. */
function listSection(list: string): string {
  const members = (properties: Record<string, SettingSchema>, group: string): Row[] =>
    Object.entries(properties).flatMap(([name, schema]) =>
      schema.properties === undefined
        ? [[`\`${group}${name}\``, fallback(schema), schema.allowed ?? '', meaning(schema)] satisfies Row]
        : members(schema.properties, `${group}${name}.`),
    );
  const properties = SETTINGS_SCHEMA.properties?.[list]?.items?.properties ?? {};
  return `### ${list}\n\n${table(members(properties, ''))}`;
}

function fallback(schema: SettingSchema): string {
  if (schema.defaultText !== undefined) return schema.defaultText;
  const unit = schema.unit === undefined ? '' : ` ${schema.unit}`;
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\`${unit}`;
}

const meaning = (schema: SettingSchema) => `${schema.secret ? '**Secret.** ' : ''}${schema.description}`;

function table(rows: readonly Row[]): string {
  const lines = [['setting', 'default', 'allowed', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
