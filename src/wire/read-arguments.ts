import type { Problem, TimeFormat, WithMember } from '../../client/src/contract.ts';
import { type ActionRequest, type ApiParts, COMMON_PARAMETERS } from './action.ts';
import {
  type ActionArguments,
  type Argument,
  type ArgumentContext,
  type ArgumentTable,
  besideTypes,
  type RequiredArgument,
  takes,
} from './arguments.ts';
import { type FieldContext, type FieldType, isUnsaid, show } from './field-types.ts';
import { inData, messages } from './messages.ts';
import type { Parameter, ParameterMap } from './parameter.ts';
import { Refusal } from './refusal.ts';
import type { RowStyle } from './row.ts';

type Drafts<A extends ArgumentTable> = { [K in keyof A]: A[K] extends Argument<infer T> ? T | undefined : never };
type Values<A extends ArgumentTable> = {
  [K in keyof A]: A[K] extends RequiredArgument<infer T> ? T : A[K] extends Argument<infer T> ? T | undefined : never;
};

/** The arguments of a request while they are being judged. */
export interface Reading<A extends ArgumentTable = ArgumentTable> extends ArgumentContext {
  /** What was read so far; undefined also for what is wrong. */
  draft: Drafts<A>;
  style: RowStyle;
  with: readonly WithMember[];
  isDryRun: boolean;
  /** Of the parameter or the header. */
  idempotencyKey: string | undefined;
  /** Reports a problem whose field is complete already (`inRow`). */
  reportRow(problem: Problem): void;
  /** Whether anything was reported. */
  readonly isWrong: boolean;
  /** Whether this member of `data` was reported. */
  isWrongAt(name: string): boolean;
  /**
   * The arguments, when nothing was found wrong with them.
   * @throws Refusal 400 with all problems; 403 with what may not be done
   */
  settle(): Values<A>;
}

/**
 * Reads what an action takes: `data` and what stands beside it. Null is as good as not given, since PHP's hash does not
 * cover it. Problems are collected in order of appearance; the action may add its own before it settles.
 */
export function readArguments<A extends ArgumentTable>(
  request: ActionRequest,
  parts: Pick<ApiParts, 'timeZone' | 'projects'>,
  spec: ActionArguments<A>,
): Reading<A> {
  const { parameters, credential } = request;
  const problems: Problem[] = [];
  const forbidden: Problem[] = [];
  const beside = readBeside(request, spec, { timeZone: parts.timeZone, timeFormat: 'local' });
  const timeFormat: TimeFormat = beside.values.time_format ?? 'local';
  const context: ArgumentContext = {
    timeZone: parts.timeZone,
    projects: parts.projects,
    allowedProjectIds: credential.projectIds,
    timeFormat,
    report: (problem) => problems.push(inData(problem)),
    forbid: (problem) => forbidden.push(inData(problem)),
  };
  const draft = {} as Drafts<A>;
  const args: ReadonlyMap<string, Argument<unknown>> = new Map(Object.entries(spec.data));
  const read = (name: string, value: Parameter, where: ArgumentContext) => {
    const argument = args.get(name);
    if (argument === undefined) where.report(messages.unknownField(name));
    else if (isSaid(argument, value)) draft[name as keyof A] = argument.read(name, value, where) as Drafts<A>[keyof A];
  };
  const besideData: ArgumentContext = {
    ...context,
    report: (problem) => problems.push(problem),
    forbid: (problem) => forbidden.push(problem),
  };

  const data = parameters.get('data') ?? null;
  const members = dataOf(data);
  for (const [name, value] of parameters) {
    if (name === 'data') {
      if (members === undefined) problems.push(messages.invalidData(show(data)));
      else for (const [member, element] of members) read(member, element, context);
    } else if (Object.hasOwn(besideTypes, name) && takes(spec, name as keyof typeof besideTypes)) {
      problems.push(...(beside.problems.get(name) ?? []));
    } else if (spec.takesBeside && args.has(name)) {
      if (!isUnsaid(members?.get(name)) && !isUnsaid(value)) problems.push(messages.givenTwice(name));
      else read(name, value, besideData);
    } else if (!COMMON_PARAMETERS.includes(name)) {
      problems.push(messages.invalidParameter(name));
    }
  }
  problems.push(...(beside.problems.get('header') ?? []));
  if (members !== undefined) {
    for (const [name, argument] of args) {
      const isGiven =
        isSaid(argument, members.get(name)) || (spec.takesBeside && isSaid(argument, parameters.get(name)));
      if (argument.isRequired && !isGiven) context.report(messages.missingValue(name));
    }
  }

  return {
    ...context,
    draft,
    style: { timeZone: parts.timeZone, timeFormat },
    with: beside.values.with ?? [],
    isDryRun: beside.values.dry_run ?? false,
    idempotencyKey: beside.values.idempotency_key,
    reportRow: (problem) => problems.push(problem),
    get isWrong() {
      return problems.length > 0;
    },
    isWrongAt: (name) => problems.some(({ field }) => field === `data.${name}`),
    settle() {
      if (problems.length > 0) throw new Refusal(400, [...problems, ...forbidden]);
      if (forbidden.length > 0) throw new Refusal(403, forbidden);
      return draft as Values<A>;
    },
  };
}

function isSaid({ isAbsent = isUnsaid }: Argument<unknown>, value: Parameter | undefined): boolean {
  return value !== undefined && !isAbsent(value);
}

type BesideValues = {
  [K in keyof typeof besideTypes]?: (typeof besideTypes)[K] extends FieldType<infer T> ? T : never;
};

/** First of all, so that `time_format` decides how dates are read wherever it stands. */
function readBeside(
  { parameters, idempotencyKey }: ActionRequest,
  spec: ActionArguments<ArgumentTable>,
  context: FieldContext,
) {
  const values: Record<string, unknown> = {};
  const problems = new Map<string, Problem[]>();
  const read = (name: keyof typeof besideTypes, value: Parameter | undefined, source: string = name) => {
    if (value === undefined || isUnsaid(value) || !takes(spec, name)) return undefined;
    const parsed = besideTypes[name].parse(value, context);
    if (parsed.mistakes === undefined) return parsed.value;
    const found = parsed.mistakes.map(({ shown, expected }) => messages.invalidValue(name, shown, expected));
    problems.set(source, found);
    return undefined;
  };
  for (const name of Object.keys(besideTypes) as (keyof typeof besideTypes)[]) {
    // A form cannot send an empty list but as an empty text.
    const value = parameters.get(name);
    values[name] = read(name, name === 'with' && value === '' ? null : value);
  }
  const headerKey = read('idempotency_key', idempotencyKey, 'header');
  if (headerKey !== undefined && values.idempotency_key !== undefined && headerKey !== values.idempotency_key) {
    problems.set('header', [messages.differentKeys()]);
  }
  values.idempotency_key ??= headerKey;
  return { values: values as BesideValues, problems };
}

const NOTHING: ParameterMap = new Map();

/** PHP writes an empty map as an empty list; an empty text is what a form makes of it. */
function dataOf(data: Parameter): ParameterMap | undefined {
  if (data instanceof Map) return data;
  return isUnsaid(data) || data === '' ? NOTHING : undefined;
}
