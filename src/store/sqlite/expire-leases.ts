import type { Call } from '../../core/call.ts';
import { expireLease } from '../../core/call-life.ts';
import { callsOf } from './read-calls.ts';
import { type Writing, writeChange } from './writing.ts';

/** Gives back every call whose lease has run out. A look into an index of a few entries when there is none. */
export function expireLeases(writing: Writing): Call[] {
  const over = writing.connection.all(
    `SELECT id FROM calls INDEXED BY calls_leased WHERE status = 'inprogress' AND claimed_until <= ? ORDER BY id`,
    [writing.now],
  );
  if (over.length === 0) return [];
  const bySystem: Writing = { ...writing, actor: 'system' };
  return callsOf(
    writing.connection,
    over.map(([id]) => id as number),
  ).map((call) => {
    const decision = expireLease(call, writing.now);
    if (decision.kind !== 'change') return call;
    writeChange(bySystem, call, decision);
    return decision.call;
  });
}
