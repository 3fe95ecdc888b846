import { type Action, type Problem, TIME_FORMATS, WITH_MEMBERS } from '../../client/src/contract.ts';
import type { CallFilter } from '../core/call-filter.ts';
import { boolean, type FieldType, mistake, text, word } from './field-types.ts';
import type { JsonSchema } from './json-schema.ts';
import { oneOrMany } from './list-types.ts';
import { expected, messages } from './messages.ts';
import type { Parameter } from './parameter.ts';
import { type FilterContext, parseFilters } from './parse-filters.ts';
import { readParameterSchemas } from './read-schemas.ts';

const LONGEST_KEY = 255;

/** What an argument is read with, and where its mistakes go; `field` of a problem is meant inside `data`. */
export interface ArgumentContext extends FilterContext {
  /** Something is wrong: the request is refused with 400. */
  report(problem: Problem): void;
  /** Something may not be done: 403, unless something is wrong as well. */
  forbid(problem: Problem): void;
}

/** One member of `data`: how it is read and described. */
export interface Argument<T> {
  description: string;
  schema: JsonSchema;
  isRequired: boolean;
  /** Whether a value is as good as not given; default: what the hash does not know. */
  isAbsent?(value: Parameter): boolean;
  /** Answers undefined for what says nothing, and for what is wrong after reporting it. */
  read(name: string, value: Parameter, context: ArgumentContext): T | undefined;
}

export interface RequiredArgument<T> extends Argument<T> {
  isRequired: true;
}

export type ArgumentTable = Readonly<Record<string, Argument<unknown>>>;

/** What an action takes: the table that its requests are checked by and described from. */
export interface ActionArguments<A extends ArgumentTable> {
  action: Action;
  data: A;
  /** Takes `idempotency_key`. */
  isChanging: boolean;
  /** Takes `with`. */
  answersRows?: boolean;
  /** Takes `dry_run`. */
  hasDryRun?: boolean;
  /** The members of `data` may also stand beside it, as the filters of a read do. */
  takesBeside?: boolean;
}

/** An argument that may be left out; null and an empty text are as good as that. */
export function optional<T>(type: FieldType<T>, description: string): Argument<T> {
  return {
    description,
    schema: type.schema,
    isRequired: false,
    read: (name, value, context) => (isEmpty(value) ? undefined : take(type, name, value, context)),
  };
}

export function required<T>(type: FieldType<T>, description: string): RequiredArgument<T> {
  return {
    description,
    schema: type.schema,
    isRequired: true,
    read(name, value, context) {
      if (!isEmpty(value)) return take(type, name, value, context);
      context.report(messages.missingValue(name));
      return undefined;
    },
  };
}

/** An argument that an empty text clears: null. */
export function clearable<T>(type: FieldType<T>, description: string): Argument<T | null> {
  return {
    description,
    schema: { anyOf: [type.schema, { const: '' }] },
    isRequired: false,
    read: (name, value, context) => (isEmpty(value) ? null : take(type, name, value, context)),
  };
}

/** The filters of a read, and whether any of them is applied. */
export interface GivenFilters {
  filter: CallFilter;
  isApplied: boolean;
}

export function filters(description: string): Argument<GivenFilters> {
  const { description: meaning = '', ...schema } = readParameterSchemas.filters ?? {};
  return {
    description: `${description} ${meaning}`,
    schema,
    isRequired: false,
    read(_name, value, context) {
      const { filter, problems, forbidden, isApplied } = parseFilters(value, context);
      for (const problem of problems) context.report(problem);
      for (const problem of forbidden) context.forbid(problem);
      return { filter, isApplied };
    },
  };
}

/** The parameters that stand beside `data`. */
export const besideTypes = {
  time_format: word(TIME_FORMATS),
  with: oneOrMany(word(WITH_MEMBERS)),
  dry_run: boolean,
  idempotency_key: keyType(),
} as const;

/** Who sends an empty key believes to be protected. */
function keyType(): FieldType<string> {
  const type = text(LONGEST_KEY);
  return {
    schema: type.schema,
    parse: (value, context) =>
      isEmpty(value) ? mistake(value, expected.textFrom1(LONGEST_KEY)) : type.parse(value, context),
  };
}

/** Which of them an action takes. */
export function takes(spec: ActionArguments<ArgumentTable>, name: keyof typeof besideTypes): boolean {
  if (name === 'idempotency_key') return spec.isChanging;
  if (name === 'dry_run') return spec.hasDryRun === true;
  return name === 'with' ? spec.answersRows === true : true;
}

/** The parameters of an action, described by the tables that check them. */
export function parameterSchemas(spec: ActionArguments<ArgumentTable>): Record<string, JsonSchema> {
  const entries = Object.entries(spec.data);
  const properties = Object.fromEntries(
    entries.map(([name, { schema, description }]) => [name, { ...schema, description }]),
  );
  const names = entries.filter(([, { isRequired }]) => isRequired).map(([name]) => name);
  const data: JsonSchema = {
    type: 'object',
    description: 'What to do, and with what. null is as good as not given.',
    properties,
    additionalProperties: false,
    ...(names.length > 0 ? { required: names } : {}),
  };
  return {
    ...(entries.length > 0 ? { data } : {}),
    ...(spec.takesBeside ? properties : {}),
    ...(spec.hasDryRun
      ? { dry_run: { ...boolean.schema, description: 'true: everything is checked and answered, nothing stored.' } }
      : {}),
    ...(spec.answersRows ? { with: readParameterSchemas.with ?? {} } : {}),
    time_format: readParameterSchemas.time_format ?? {},
    ...(spec.isChanging ? { idempotency_key: KEY_SCHEMA } : {}),
  };
}

const KEY_SCHEMA: JsonSchema = {
  ...besideTypes.idempotency_key.schema,
  description:
    'Also as header Idempotency-Key. A repeat of the same request with the same key within 7 days is answered as the first was, with the header Idempotency-Replayed.',
};

function take<T>(type: FieldType<T>, name: string, value: Parameter, context: ArgumentContext): T | undefined {
  const parsed = type.parse(value, context);
  if (parsed.mistakes === undefined) return parsed.value;
  for (const found of parsed.mistakes) context.report(messages.invalidValue(name, found.shown, found.expected));
  return undefined;
}

function isEmpty(value: Parameter): boolean {
  return typeof value === 'string' && value.trim() === '';
}
