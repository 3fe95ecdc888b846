import type { JsonSchema } from './json-schema.ts';

/** Taken with every request. */
export const commonSchemas = {
  api_hash: {
    type: 'string',
    pattern: '^[0-9A-Fa-f]{32}$',
    description: 'For tokens with a key; otherwise ignored.',
  },
  api_time: {
    type: 'integer',
    minimum: 0,
    description:
      'When the request was made, in seconds since 1970-01-01 UTC. Sent and hashed, it makes a recorded request useless after five minutes.',
  },
  api_username: { type: 'string', description: 'An older form of credentials: allowed, hashed, otherwise ignored.' },
  api_password: { type: 'string', description: 'Likewise.' },
} as const satisfies Record<string, JsonSchema>;

/** One parameter, as the actions that take it describe it. */
export function queryParameter(name: string, schemas: readonly JsonSchema[]): object {
  const plain = schemas.map(({ description: _, ...schema }) => schema);
  const distinct = [...new Map(plain.map((schema) => [JSON.stringify(schema), schema])).values()];
  const [schema = {}, ...more] = distinct;
  return {
    name,
    in: 'query',
    description: schemas[0]?.description,
    schema: more.length === 0 ? schema : { anyOf: distinct },
    ...(schema.type === 'object' ? { style: 'deepObject', explode: true } : {}),
    ...(name === 'cursor' ? { allowEmptyValue: true } : {}),
  };
}
