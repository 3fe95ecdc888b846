import { AmiRefusedError } from './ami-errors.ts';
import type { AmiSession } from './ami-session.ts';

/** A session, or a connection that is up. */
export type AmiAsker = Pick<AmiSession, 'request'>;

/** What a user of the manager port may do, as far as the PBX tells. What he may hear (`read`) it does not tell. */
export interface AmiRights {
  /** Classes of `write` that he has for certain, in the order in which the PBX names them first. */
  write: readonly string[];
  /** Whether `live_dangerously = yes` was found; false: it was not found. */
  isDangerous: boolean;
}

/** With them the PBX can be made to run any program (CVE-2024-42365), or to load a file that does. */
const DANGEROUS = ['system', 'command', 'config'];
/** `reporting` is used; the other two are what it takes to make calls. */
const FITTING = ['reporting', 'call', 'originate'];

/**
 * Asks for the rights without using one. ListCommands needs none and names just those actions that the user may send, each
 * with the classes of which one is enough; so an action with a single class tells of that class.
 * @param options looksForDanger: for `live_dangerously` as well, which leaves a line in the PBX's log; default true
 * @returns undefined when the PBX does not tell
 * @throws {AmiUnansweredError}
 */
export async function readRights(
  pbx: AmiAsker,
  { looksForDanger = true }: { looksForDanger?: boolean } = {},
): Promise<AmiRights | undefined> {
  const commands = await orRefused(pbx.request('ListCommands'));
  if (commands === undefined) return undefined;
  const held = new Set<string>();
  for (const [, synopsis] of commands.entries()) {
    const classes = /\(Priv: ([a-z,]+)\)\s*$/.exec(synopsis)?.[1]?.split(',');
    const [first, ...others] = classes?.filter((name) => name !== 'all') ?? [];
    if (first !== undefined && others.length === 0) held.add(first);
  }
  return { write: [...held], isDangerous: looksForDanger && (await isDangerous(pbx)) };
}

/**
 * The function STAT is one of those that the PBX runs for the manager port only with `live_dangerously`, and the most
 * harmless of them: whether `/` exists. Refused, it leaves a line in the PBX's log and answers nothing.
 */
async function isDangerous(pbx: AmiAsker): Promise<boolean> {
  const answer = await orRefused(pbx.request('Getvar', [['Variable', 'STAT(e,/)']]));
  return answer?.get('Value') === '1';
}

/** One sentence for each thing that should be changed at the PBX, for doctor and for the log of a start. */
export function rightsWarnings(user: string, { write, isDangerous }: AmiRights): string[] {
  const warnings: string[] = [];
  const dangerous = write.filter((name) => DANGEROUS.includes(name));
  if (dangerous.length > 0) {
    const idle = write.filter((name) => !DANGEROUS.includes(name) && !FITTING.includes(name));
    const also = idle.length > 0 ? `, and ${idle.join(', ')}, which nobody needs here` : '';
    warnings.push(
      `take ${dangerous.join(', ')} out of write = of [${user}] in manager.conf: who gets its secret could take over the PBX${also}`,
    );
  }
  if (isDangerous) {
    warnings.push(
      'set live_dangerously = no in asterisk.conf: with yes, whoever may log in to the manager port can run programs on the PBX',
    );
  }
  return warnings;
}

async function orRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AmiRefusedError) return undefined;
    throw error;
  }
}
