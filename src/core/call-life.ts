import type { CallEvent, Result, Status } from '../../client/src/contract.ts';
import type { Call } from './call.ts';
import type { EpochSeconds } from './clock.ts';

/**
 * What may happen to a call, and what becomes of it then. Every change of a stored call is decided here, by pure
 * functions from the call as it stands to the call as it will be; the store only carries decisions out.
 */

/** Which status may follow which, and through what. Nothing else is possible. */
export const STATUS_CHANGES = {
  pending: {
    inprogress: ['claimed'],
    completed: ['answered_elsewhere'],
    cancelled: ['cancelled'],
    deleted: ['deleted'],
  },
  inprogress: {
    pending: ['released', 'lease_expired', 'retry_planned'],
    completed: ['completed'],
    cancelled: ['cancelled'],
  },
  completed: { deleted: ['deleted'] },
  cancelled: { deleted: ['deleted'] },
  deleted: {},
} as const satisfies Record<Status, Partial<Record<Status, readonly CallEvent[]>>>;

/** What a change writes into the history, besides time, actor and the statuses before and after. */
export interface Happening {
  event: CallEvent;
  /** A short code or a person's words. */
  reason?: string;
  /** What else is worth keeping: disposition, note, what an update changed. */
  facts?: Readonly<Record<string, unknown>>;
}

/** The call as it is to be stored, and what to write into its history. */
export interface Change {
  kind: 'change';
  call: Call;
  happening: Happening;
}

/** Nothing to do: it is so already. */
export interface Unchanged {
  kind: 'unchanged';
}

/** Why a change is refused; the caller gets a 409 that names it. */
export type Conflict = { kind: 'conflict' } & (
  | { why: 'status'; status: Status }
  | { why: 'being_dialled' }
  | { why: 'held'; by: string; until: EpochSeconds | null }
  | { why: 'not_held' }
  | { why: 'changed_since'; call: Call }
  | { why: 'retries_used'; maxRetries: number }
  /** The edit would leave a call that the dialler is to make for an agent without an agent to ring. */
  | { why: 'destination_missing' }
);

export type Decision = Change | Unchanged | Conflict;

const unchanged: Unchanged = { kind: 'unchanged' };

/**
 * An agent takes a call. By id any pending call can be taken, due or not; taking what one holds renews the lease.
 * @param leaseSeconds 10 to 86,400
 */
export function claim(call: Call, agent: string, leaseSeconds: number, now: EpochSeconds): Decision {
  if (call.status === 'inprogress' && call.claimedBy === agent) return extend(call, agent, leaseSeconds, now);
  if (call.status === 'inprogress') return heldByAnother(call);
  if (call.status !== 'pending') return conflict({ why: 'status', status: call.status });
  return changed(call, now, 'inprogress', { event: 'claimed' }, { claimedBy: agent, claimedUntil: now + leaseSeconds });
}

/** Keeps a claimed call longer: the lease runs `leaseSeconds` from now. */
export function extend(call: Call, agent: string, leaseSeconds: number, now: EpochSeconds): Decision {
  const refusal = notHeldBy(call, agent);
  if (refusal !== undefined) return refusal;
  return changed(call, now, 'inprogress', { event: 'extended' }, { claimedUntil: now + leaseSeconds });
}

/**
 * Gives a claimed call back, perhaps for later.
 * @param options.schedule null: for as soon as possible
 * @param options.force a supervisor takes it from whoever holds it; the history names both
 */
export function release(
  call: Call,
  agent: string,
  now: EpochSeconds,
  options: { schedule?: EpochSeconds | null; force?: boolean } = {},
): Decision {
  const refusal = notHeldBy(call, options.force ? (call.claimedBy ?? agent) : agent);
  if (refusal !== undefined) return refusal;
  const facts = { held_by: call.claimedBy, ...(options.force && { forced: true }) };
  const fields = options.schedule === undefined ? {} : { schedule: options.schedule };
  return changed(call, now, 'pending', { event: 'released', facts }, { ...freed, ...fields });
}

/** A lease that ran out puts the call back into the list. A call without a lease stays where it is. */
export function expireLease(call: Call, now: EpochSeconds): Decision {
  if (call.status !== 'inprogress' || call.claimedUntil === null || call.claimedUntil > now) return unchanged;
  return changed(call, now, 'pending', { event: 'lease_expired', facts: { held_by: call.claimedBy } }, freed);
}

/** What an agent says came of a conversation. */
export interface Completion {
  result?: Result;
  /** The project's own word. */
  disposition?: string;
  note?: string;
  /** Plans another attempt instead of closing the call; uses one retry. */
  retryAt?: EpochSeconds;
}

/** Closes a claimed call, or plans the next attempt. */
export function complete(call: Call, agent: string, completion: Completion, now: EpochSeconds): Decision {
  const refusal = notHeldBy(call, agent);
  if (refusal !== undefined) return refusal;
  const { result, disposition, note, retryAt } = completion;
  const facts = definedOf({ agent, result, disposition, note });
  const fields = { ...freed, lastResult: result ?? call.lastResult, lastAttemptAt: now };
  if (retryAt === undefined) {
    const reason = 'completed_by_agent';
    return changed(call, now, 'completed', { event: 'completed', reason, facts }, { ...fields, statusReason: reason });
  }
  if (call.retries >= call.maxRetries) return conflict({ why: 'retries_used', maxRetries: call.maxRetries });
  return changed(
    call,
    now,
    'pending',
    { event: 'retry_planned', facts },
    { ...fields, retries: call.retries + 1, nextAttemptAt: retryAt },
  );
}

/** Takes a call out of the list. Cancelling the cancelled succeeds and changes nothing. */
export function cancel(call: Call, code: string, words: string | undefined, now: EpochSeconds): Decision {
  if (call.status === 'cancelled') return unchanged;
  if (call.status !== 'pending' && call.status !== 'inprogress')
    return conflict({ why: 'status', status: call.status });
  const facts = definedOf({ held_by: call.claimedBy ?? undefined });
  return changed(
    call,
    now,
    'cancelled',
    { event: 'cancelled', reason: words ?? code, facts },
    { ...freed, statusReason: code },
  );
}

/** Hides a call from the dialler and keeps it for reading. Deleting the deleted succeeds and changes nothing. */
export function remove(call: Call, code: string, now: EpochSeconds): Decision {
  if (call.status === 'deleted') return unchanged;
  if (call.status === 'inprogress') return heldByAnother(call);
  return changed(call, now, 'deleted', { event: 'deleted', reason: code }, { statusReason: code });
}

/** The fields of a call that its owner may set: those of a save. */
export type CallContent = Pick<
  Call,
  | 'callerId'
  | 'callerIdName'
  | 'outboundNumber'
  | 'outboundTrunk'
  | 'campaignName'
  | 'campaignInfo'
  | 'outboundType'
  | 'attendType'
  | 'type'
  | 'destination'
  | 'priority'
  | 'schedule'
  | 'externalId'
  | 'maxRetries'
  | 'vars'
>;

export const CONTENT_FIELDS = [
  'callerId',
  'callerIdName',
  'outboundNumber',
  'outboundTrunk',
  'campaignName',
  'campaignInfo',
  'outboundType',
  'attendType',
  'type',
  'destination',
  'priority',
  'schedule',
  'externalId',
  'maxRetries',
  'vars',
] as const satisfies readonly (keyof CallContent)[];

/** What a save says of this call. */
export function contentOf(call: Call): CallContent {
  return Object.fromEntries(CONTENT_FIELDS.map((field) => [field, call[field]])) as unknown as CallContent;
}

/**
 * Writes new content into a pending call.
 * @param expectedUpdatedAt refuse if the call was changed at another instant than this
 */
export function edit(
  call: Call,
  content: Partial<CallContent>,
  now: EpochSeconds,
  expectedUpdatedAt?: EpochSeconds,
): Decision {
  if (expectedUpdatedAt !== undefined && expectedUpdatedAt !== call.updatedAt) {
    return conflict({ why: 'changed_since', call });
  }
  if (call.status === 'inprogress') return heldByAnother(call);
  if (call.status !== 'pending') return conflict({ why: 'status', status: call.status });
  const differing = CONTENT_FIELDS.filter((field) => field in content && !isSameValue(call[field], content[field]));
  if (differing.length === 0) return unchanged;
  // Whoever names all three has judged them; only together with what is stored can fewer be judged.
  const isWhole = 'outboundType' in content && 'attendType' in content && 'type' in content;
  if (!isWhole && needsDestination({ ...call, ...content })) return conflict({ why: 'destination_missing' });
  return changed(call, now, 'pending', { event: 'updated', facts: { fields: differing } }, content);
}

/** Dialled by itself with the agent rung first, yet without any agent to ring. */
export function needsDestination(call: Pick<Call, 'outboundType' | 'attendType' | 'type'>): boolean {
  return call.outboundType === 'auto' && call.attendType === 'attended' && call.type === null;
}

/** Adds a person's words to the history, whatever the status. The call is changed by it, so that its readers are told. */
export function note(call: Call, text: string, now: EpochSeconds): Change {
  return { kind: 'change', call: { ...call, updatedAt: now }, happening: { event: 'note', reason: text } };
}

/** Whether two calls ask for the same. */
export function hasSameContent(call: CallContent, content: CallContent): boolean {
  return CONTENT_FIELDS.every((field) => isSameValue(call[field], content[field]));
}

const freed = { claimedBy: null, claimedUntil: null } as const;

/** Whether the table of status changes has this one; what leaves the status as it is, is possible in open calls. */
export function isPossible(from: Status, to: Status, event: CallEvent): boolean {
  if (from === to) return from === 'pending' || from === 'inprogress';
  const events: Partial<Record<Status, readonly CallEvent[]>> = STATUS_CHANGES[from];
  return events[to]?.includes(event) ?? false;
}

/** @throws when the table of status changes does not have it */
export function changed(
  call: Call,
  now: EpochSeconds,
  status: Status,
  happening: Happening,
  fields: Partial<Call>,
): Change {
  if (!isPossible(call.status, status, happening.event)) {
    throw new Error(`A call cannot go from ${call.status} to ${status} by ${happening.event}`);
  }
  return { kind: 'change', call: { ...call, ...fields, status, updatedAt: now }, happening };
}

type Why<C> = C extends { kind: 'conflict' } ? Omit<C, 'kind'> : never;
function conflict(why: Why<Conflict>): Conflict {
  return { kind: 'conflict', ...why } as Conflict;
}

function heldByAnother(call: Call): Conflict {
  if (call.claimedBy === null) return conflict({ why: 'being_dialled' });
  return conflict({ why: 'held', by: call.claimedBy, until: call.claimedUntil });
}

function notHeldBy(call: Call, agent: string): Conflict | undefined {
  if (call.status === 'pending') return conflict({ why: 'not_held' });
  if (call.status !== 'inprogress') return conflict({ why: 'status', status: call.status });
  return call.claimedBy === agent ? undefined : heldByAnother(call);
}

function definedOf(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
