import { type ActionArguments, type ArgumentTable, parameterSchemas } from './arguments.ts';
import { eventsArguments } from './changes-request.ts';
import { exportArguments } from './export-request.ts';
import type { JsonSchema } from './json-schema.ts';
import { commonSchemas, queryParameter } from './open-api-parameters.ts';
import { errorReferences } from './open-api-responses.ts';

interface Stream {
  name: string;
  summary: string;
  description: string;
  args: ActionArguments<ArgumentTable>;
  headers: readonly object[];
  /** The media types that it is answered in. */
  content: Readonly<Record<string, string>>;
}

const STREAMS: readonly Stream[] = [
  {
    name: 'events',
    summary: 'Be told what changes',
    description:
      'The change feed as server-sent events: `id` is the sequence, `data` the row as `changes` answers it. Begins after `Last-Event-ID`, else after `since`, else now. An event named `reset` means that changes are missing: read all calls again. A comment comes every 15 seconds; a reader that does not take what is sent is cut, and comes back with `Last-Event-ID`.',
    args: eventsArguments,
    headers: [
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'The id of the last event that was received; wins over since.',
        schema: { type: 'integer', minimum: 0 },
      },
    ],
    content: { 'text/event-stream': 'Blocks of lines `id:`, `event:`, `data:`.' },
  },
  {
    name: 'export',
    summary: 'Export calls as a file',
    description:
      'All calls that match the filters, as of one moment, in order of id. Cells that a spreadsheet would take for a formula begin with a single quote. A file that breaks off does not end as HTTP wants it to.',
    args: exportArguments,
    headers: [],
    content: {
      'text/csv': 'One line a call below a line of names.',
      'text/tab-separated-values': 'Likewise.',
      'application/x-ndjson': 'One row as JSON a line.',
    },
  },
];

/** What is answered by streams instead of the envelope; errors come in the envelope. */
export function streamPaths(): Record<string, object> {
  return Object.fromEntries(
    STREAMS.map((stream) => [`/api/call-queue/${stream.name}`, { get: getOf(stream), post: postOf(stream) }]),
  );
}

function getOf(stream: Stream): object {
  const parameters = Object.entries(parametersOf(stream)).map(([name, schema]) => queryParameter(name, [schema]));
  const hash = { name: 'api_hash', in: 'query', schema: commonSchemas.api_hash };
  return { ...operationOf(stream, 'get'), parameters: [...parameters, hash, ...stream.headers] };
}

function postOf(stream: Stream): object {
  const schema: JsonSchema = {
    type: 'object',
    properties: { action: { const: stream.name }, ...parametersOf(stream), ...commonSchemas },
    additionalProperties: false,
  };
  const content = { 'application/json': { schema }, 'application/x-www-form-urlencoded': { schema } };
  return { ...operationOf(stream, 'post'), parameters: stream.headers, requestBody: { content } };
}

function operationOf({ name, summary, description, content }: Stream, method: string): object {
  const answers = Object.entries(content).map(([type, text]) => [
    type,
    { schema: { type: 'string', description: text } },
  ]);
  return {
    operationId: `${method}-${name}`,
    summary,
    description: `${description}\n\nNeeds a token with scope \`read\`.`,
    responses: { 200: { description: 'Done.', content: Object.fromEntries(answers) }, ...errorReferences() },
  };
}

/** `data` may hold them as well, as for every action; beside it is where they belong. */
function parametersOf({ args }: Stream): Record<string, JsonSchema> {
  const { data: _, ...parameters } = parameterSchemas(args);
  return parameters;
}
