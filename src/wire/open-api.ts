import type { ActionDefinition } from './action.ts';
import { actions } from './actions.ts';
import type { JsonSchema } from './json-schema.ts';
import { commonSchemas, queryParameter } from './open-api-parameters.ts';
import { errorEnvelopeSchema, errorReferences, errorResponses, successEnvelopeSchema } from './open-api-responses.ts';
import { streamPaths } from './open-api-streams.ts';
import { rowSchema } from './row-schema.ts';

const INTRODUCTION = `Everything is one address, \`/api/call-queue\`; \`action\` selects what it does. For tools that know only
paths, \`POST /api/call-queue/ACTION\` is the same as \`action=ACTION\`.

Answers are JSON in one envelope. Forms (PHP's bracket notation) are read as well as JSON. A token that has an \`api_key\`
needs \`api_hash\` with every request: the MD5, in hexadecimal, of PHP's \`http_build_query\` over all other parameters as
sent, followed by the key.`;

/** The description of the API, OpenAPI 3.1, made from the tables that check requests: the two cannot disagree. */
export function createOpenApi({ version }: { version: string }): Record<string, unknown> {
  const all = [...actions.values()];
  return {
    openapi: '3.1.0',
    info: {
      title: 'callqueue',
      version,
      summary: 'The calls that should be made, and what became of each.',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: {
      '/api/call-queue': { get: queryOperation(all), post: bodyOperation(all) },
      ...Object.fromEntries(all.map((action) => [`/api/call-queue/${action.name}`, { post: actionOperation(action) }])),
      ...streamPaths(),
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The API token. Never accepted in the address.' },
      },
      schemas: { Call: rowSchema, Error: errorEnvelopeSchema },
      responses: errorResponses(),
    },
  };
}

/** GET: the parameters of the actions that only read, `filters` and `data` in brackets. */
function queryOperation(all: readonly ActionDefinition[]): object {
  const reading = all.filter(({ isChanging }) => !isChanging);
  const byName = Map.groupBy(
    reading.flatMap(({ parameters }) => Object.entries(parameters)),
    ([name]) => name,
  );
  return {
    operationId: 'get',
    summary: 'Any action that only reads',
    description:
      'Lists are written in brackets, as PHP does: `filters[status][]=pending&filters[status][]=completed`. Actions that change something are taken by GET as well; the same one within 60 seconds is then answered as the first was, and not done again, since proxies may send a GET twice.',
    parameters: [
      { name: 'action', in: 'query', required: true, schema: { enum: reading.map(({ name }) => name) } },
      { name: 'api_hash', in: 'query', schema: commonSchemas.api_hash },
      ...[...byName].map(([name, found]) =>
        queryParameter(
          name,
          found.map(([, schema]) => schema),
        ),
      ),
    ],
    responses: { 200: success(reading), ...errorReferences() },
  };
}

/** POST with the action in the body. */
function bodyOperation(all: readonly ActionDefinition[]): object {
  const schemas = all.map((action) => bodySchema(action, ['action']));
  const examples = Object.assign({}, ...all.map((action) => bodyExamples(action, { action: action.name })));
  return {
    operationId: 'post',
    summary: 'Any action',
    requestBody: body(schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas }, examples),
    responses: { 200: success(all), ...errorReferences() },
  };
}

/** POST with the action in the address. */
function actionOperation(action: ActionDefinition): object {
  return {
    operationId: action.name,
    summary: action.summary,
    description: `${action.description}\n\nNeeds a token with scope \`${action.scope}\`.`,
    requestBody: body(bodySchema(action, []), bodyExamples(action, {})),
    responses: { 200: success([action]), ...errorReferences() },
  };
}

function bodySchema(action: ActionDefinition, required: readonly string[]): JsonSchema {
  return {
    type: 'object',
    properties: { action: { const: action.name }, ...action.parameters, ...commonSchemas },
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
  };
}

function bodyExamples(action: ActionDefinition, members: object): Record<string, object> {
  return Object.fromEntries(
    Object.entries(action.examples).map(([summary, value]) => [
      summary.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase(),
      { summary, value: { ...members, ...value } },
    ]),
  );
}

function body(schema: JsonSchema, examples: Record<string, object>): object {
  return {
    required: true,
    content: { 'application/json': { schema, examples }, 'application/x-www-form-urlencoded': { schema } },
  };
}

function success(all: readonly ActionDefinition[]): object {
  const schemas = all.map(({ answer }) => successEnvelopeSchema(answer.results, answer.pagination));
  const examples = Object.fromEntries(all.map((action) => [action.name, { value: action.answer.example() }]));
  const replayed = {
    'Idempotency-Replayed': {
      description: 'true: this is the answer to an earlier, same request; nothing was done again.',
      schema: { const: 'true' },
    },
  };
  return {
    description: 'Done.',
    ...(all.some(({ isChanging }) => isChanging) ? { headers: replayed } : {}),
    content: {
      'application/json': { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas }, examples },
    },
  };
}
