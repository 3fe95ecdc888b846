import type { Problem } from '../../client/src/contract.ts';
import { type CallContent, needsDestination } from '../core/call-life.ts';
import type { CallField } from './call-fields.ts';
import { type FieldContext, isUnsaid } from './field-types.ts';
import { messages } from './messages.ts';
import type { ParameterMap } from './parameter.ts';

/**
 * Reads the fields of a call into `content`, whatever is there already. Null is as good as not given, an empty text
 * clears or gives the default (safety.md, rule 15). Nothing is allocated but for what is wrong: a save brings 10,000.
 *
 * @param own names that the caller reads itself
 */
export function readCallFields(
  members: ParameterMap,
  fields: ReadonlyMap<string, CallField>,
  content: Partial<CallContent>,
  context: FieldContext,
  problems: Problem[],
  own: ReadonlySet<string>,
): void {
  for (const [name, value] of members) {
    const field = fields.get(name);
    if (field === undefined) {
      if (!own.has(name)) problems.push(messages.unknownField(name));
    } else if (isUnsaid(value)) {
      // As if it were not there.
    } else if (typeof value === 'string' && (value === '' || value.trim() === '')) {
      if (field.cleared === undefined) problems.push(messages.missingValue(name));
      else set(content, field, field.cleared);
    } else {
      const parsed = field.type.parse(value, context);
      if (parsed.mistakes === undefined) set(content, field, parsed.value);
      else
        for (const { shown, expected } of parsed.mistakes) problems.push(messages.invalidValue(name, shown, expected));
    }
  }
}

/** What the fields of a whole call must be together; asked only when each by itself is right. */
export function problemsTogether(content: CallContent, contexts: readonly string[]): Problem[] {
  if ((content.type === null) !== (content.destination === null)) return [messages.typeWithoutDestination()];
  if (needsDestination(content)) return [messages.missingDestination()];
  return problemsOfContext(content, contexts);
}

/** A call is sent only into contexts that the settings name (safety.md, rule 13). */
export function problemsOfContext(content: Partial<CallContent>, contexts: readonly string[]): Problem[] {
  const { type, destination } = content;
  const isRefused = type === 'context' && typeof destination === 'string' && !contexts.includes(destination);
  return isRefused ? [messages.contextNotAllowed(destination)] : [];
}

const BOUND_TOGETHER: ReadonlySet<string | null> = new Set(['type', 'destination', 'outbound_type', 'attend_type']);

/** Whether a problem makes it pointless to judge these fields together. */
export function concernsTogether({ field }: Problem): boolean {
  return BOUND_TOGETHER.has(field);
}

/** The table pairs members with the types of their values. */
function set(content: Partial<CallContent>, { member }: CallField, value: unknown): void {
  (content as Record<string, unknown>)[member] = value;
}
