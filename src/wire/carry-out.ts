import type { Action, Row } from '../../client/src/contract.ts';
import type { Call } from '../core/call.ts';
import type { Command, CommandOutcome } from '../core/call-command.ts';
import type { Moment } from '../core/call-filter.ts';
import type { ActionRequest, ApiParts } from './action.ts';
import { type Answer, successAnswer } from './envelope.ts';
import { inData, messages } from './messages.ts';
import type { Reading } from './read-arguments.ts';
import { Refusal } from './refusal.ts';
import { refusalOfRows } from './refused-rows.ts';
import { repeatGuardOf } from './repeat-guard.ts';
import { rowOf, rowWithWaitingFor } from './row.ts';

/** What a command is carried out with. */
export interface Order {
  action: Action;
  command: Command;
  request: ActionRequest;
  reading: Reading;
  /** In whose name, if an agent acts. */
  agent?: string | undefined;
}

/** What was done, and the headers that the answer then has. */
export interface Done {
  outcome: Extract<CommandOutcome, { kind: 'saved' | 'calls' | 'do_not_call' }>;
  headers: Readonly<Record<string, string>>;
  moment: Moment;
}

/**
 * Has a command carried out in the name of who asked.
 * @throws Refusal 404, 409 or 422 when nothing was done, with the reason; StoreUnavailableError
 */
export async function carryOut(order: Order, { queue }: ApiParts): Promise<Done> {
  const { action, command, request, reading, agent } = order;
  const { credential } = request;
  // Nothing of a dry run is stored, so there is nothing to repeat.
  const repeat = reading.isDryRun ? undefined : repeatGuardOf(action, request, reading.idempotencyKey);
  const { outcome, isReplay, moment } = await queue.execute(command, {
    actor: actorOf(credential.name, agent),
    projectIds: credential.projectIds,
    ...(repeat && { repeat }),
  });
  const headers: Record<string, string> = isReplay ? { 'idempotency-replayed': 'true' } : {};
  switch (outcome.kind) {
    case 'saved':
    case 'calls':
    case 'do_not_call':
      return { outcome, headers, moment };
    case 'refused':
      throw refusalOfRows(outcome.rows, reading.style, command.kind === 'update');
    case 'unexpected_count':
      throw new Refusal(409, [inData(messages.unexpectedCount(outcome.matched, expectedOf(command)))]);
    case 'recorded':
      throw new Error(`${command.kind} is nothing that callers of the API ask for`);
    case 'key_reused':
      throw new Refusal(422, [messages.keyReused()]);
  }
}

/** The same, answered with the calls as they are now. */
export async function carryOutOnCalls(order: Order, parts: ApiParts): Promise<Answer> {
  const { outcome, headers, moment } = await carryOut(order, parts);
  if (outcome.kind !== 'calls') throw new Error(`${order.action} was answered with ${outcome.kind}`);
  return successAnswer(null, rowsOf(outcome.calls, order.reading, moment), headers);
}

/** Calls as rows, with what `with` asks for. */
export function rowsOf(calls: readonly Call[], reading: Pick<Reading, 'style' | 'with'>, moment: Moment): Row[] {
  const { style } = reading;
  const hasWaitingFor = reading.with.includes('waiting_for');
  return calls.map((call) => (hasWaitingFor ? rowWithWaitingFor(call, style, moment) : rowOf(call, style)));
}

/** Who acts, for the history. */
function actorOf(tokenName: string, agent: string | undefined): string {
  return agent === undefined ? `token ${tokenName}` : `agent ${agent}, token ${tokenName}`;
}

function expectedOf(command: Command): number {
  return 'rows' in command && 'expect' in command.rows ? command.rows.expect : 0;
}
