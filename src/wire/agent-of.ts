import { type Argument, optional } from './arguments.ts';
import type { Credential } from './credential.ts';
import { text } from './field-types.ts';
import { messages } from './messages.ts';
import type { Reading } from './read-arguments.ts';

/** Who works on a call. */
export const agentArgument: Argument<string> = optional(
  text(255),
  'Who works on the call. Not needed with a token that speaks for an agent; naming another then needs scope admin.',
);

/**
 * In whose name a request acts: the agent that it names, or that its token speaks for; reported when there is none, or
 * when a token that speaks for one agent names another (unless it has scope `admin`).
 */
export function agentOf(named: string | undefined, { agent, scope }: Credential, reading: Reading): string {
  if (named === undefined) {
    if (agent === null && !reading.isWrongAt('agent')) reading.report(messages.missingValue('agent'));
  } else if (agent !== null && named !== agent && scope !== 'admin') {
    reading.forbid(messages.agentNotAllowed(agent));
  }
  return named ?? agent ?? '';
}
