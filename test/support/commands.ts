import type { Call } from '../../src/core/call.ts';
import type { Command, CommandContext, CommandOutcome, SavedCall } from '../../src/core/call-command.ts';
import type { CallContent } from '../../src/core/call-life.ts';
import type { CallWriter } from '../../src/core/call-writer.ts';

/** When commands of tests are given, unless they say otherwise. */
export const NOW = 1_800_000_000;

export function contextOf(changes: Partial<CommandContext> & { now?: number } = {}): CommandContext {
  const { now = NOW, ...others } = changes;
  return { actor: 'test', moment: { now, pbxConnected: false }, projectIds: null, ...others };
}

/** What a save says of a call to be made by hand as soon as possible. */
export function contentOf(changes: Partial<CallContent> = {}): CallContent {
  return {
    callerId: '+441632960001',
    callerIdName: null,
    outboundNumber: null,
    outboundTrunk: null,
    campaignName: null,
    campaignInfo: null,
    outboundType: 'manual',
    attendType: 'attended',
    type: null,
    destination: null,
    priority: 0,
    schedule: null,
    externalId: null,
    maxRetries: 0,
    vars: {},
    ...changes,
  };
}

export interface SaveSettings {
  projectId?: number;
  again?: boolean;
  dryRun?: boolean;
  repeatWindowSeconds?: number;
}

export function saveOf(calls: readonly Partial<CallContent>[], settings: SaveSettings = {}): Command {
  const { projectId = 1, again = false, dryRun = false, repeatWindowSeconds = 3600 } = settings;
  return {
    kind: 'save',
    projectId,
    calls: calls.map((changes) => ({ content: contentOf(changes), again })),
    dryRun,
    repeatWindowSeconds,
  };
}

export function claimOf(agent: string, choose: { id: number } | { filter: object } = { filter: {} }): Command {
  return { kind: 'claim', agent, leaseSeconds: 600, choose };
}

export async function execute(
  writer: CallWriter,
  command: Command,
  context: CommandContext = contextOf(),
): Promise<CommandOutcome> {
  return (await writer.execute(command, context)).outcome;
}

/** @throws when the save was refused */
export async function save(
  writer: CallWriter,
  calls: readonly Partial<CallContent>[],
  settings?: SaveSettings,
  context?: CommandContext,
): Promise<SavedCall[]> {
  const outcome = await execute(writer, saveOf(calls, settings), context);
  if (outcome.kind !== 'saved') throw new Error(`saved nothing: ${JSON.stringify(outcome)}`);
  return outcome.calls;
}

/** The calls that a command answered. @throws when it was refused */
export async function carryOut(writer: CallWriter, command: Command, context?: CommandContext): Promise<Call[]> {
  const outcome = await execute(writer, command, context);
  if (outcome.kind !== 'calls') throw new Error(`did nothing: ${JSON.stringify(outcome)}`);
  return outcome.calls;
}
