import type { JsonSchema } from './json-schema.ts';

/** An object of an answer: all its members are always there. */
export function objectOf(description: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', description, properties, required: Object.keys(properties) };
}

/** The same, or null. */
export function nullableObjectOf(description: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { ...objectOf(description, properties), type: ['object', 'null'] };
}

export function listOf(description: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    type: 'array',
    description,
    items: { type: 'object', properties, required: Object.keys(properties) },
  };
}

export const countSchema: JsonSchema = { type: 'integer', minimum: 0 };
export const textSchema: JsonSchema = { type: 'string' };
export const nullableTextSchema: JsonSchema = { type: ['string', 'null'] };
export const timeSchema: JsonSchema = { type: 'string', description: 'As time_format says.' };
export const nullableTimeSchema: JsonSchema = { ...timeSchema, type: ['string', 'null'] };
