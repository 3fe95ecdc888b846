import { type ExpectedOutcome, expectedOutcomes } from './asterisk-replay.ts';

/** Callers who are neither queued nor ring a phone are not in the table. */
const NOT_IN_TABLE: Record<string, readonly string[]> = {
  // The PBX stops, or is killed, with a caller in the queue.
  '01g-core-restart-now': ['+493023125059 queue_timeout'],
  '01i-process-killed': ['+493023125060 queue_hangup'],
  '04b-queue-join-refused-empty': ['+493023125009 queue_empty'],
  '05f-dial-unavailable': ['+493023125020 unavailable'],
  '07b-odd-caller-names': ['+493023125040 unavailable'],
  '07c-long-values': ['+493023125040 unavailable'],
};

/** The table's words for how a dial ended are a hang-up cause, on which nothing may be decided. */
const DIALLED: Record<string, string> = { '05b-dial-busy': 'busy', '05c-dial-congestion': 'unavailable' };

function kindOf({ session, queues, abandonKind }: ExpectedOutcome): string {
  if (abandonKind === 'hung up') return 'queue_hangup';
  if (abandonKind === 'left otherwise') return 'queue_timeout';
  // One decision of ours: who leaves by a key has left by a key.
  return queues === '' ? (DIALLED[session] ?? 'no_answer') : 'exit_key';
}

/** One is withheld by its presentation only, which the table does not look at. */
const isWithheld = ({ session, number }: ExpectedOutcome) => number === '<unknown>' || session.startsWith('02h');

const isMiss = ({ outcome }: ExpectedOutcome) => outcome === 'missed';

/** Each miss of a session as number and kind. */
export function missesIn(session: string): string[] {
  const missed = expectedOutcomes.filter((outcome) => outcome.session === session && isMiss(outcome));
  const listed = missed.filter((outcome) => !isWithheld(outcome));
  return [...listed.map((outcome) => `${outcome.number} ${kindOf(outcome)}`), ...(NOT_IN_TABLE[session] ?? [])].sort();
}

/** Of one the table has the leg of an order to dial, whose customer is the one who was rung: no caller was answered. */
export const answeredIn = (session: string) =>
  expectedOutcomes.filter(
    (outcome) => outcome.session === session && !isMiss(outcome) && outcome.legId !== 'cb-bridge-1',
  );

/** How many callers of a session withhold their number. */
export const withheldIn = (session: string): number =>
  expectedOutcomes.filter((outcome) => outcome.session === session && isWithheld(outcome)).length;
