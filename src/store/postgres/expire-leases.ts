import type { Call } from '../../core/call.ts';
import { expireLease } from '../../core/call-life.ts';
import { type Writing, writeChange } from './writing.ts';

/** Gives back every call whose lease has run out, of those that the transaction has locked. */
export function expireLeases(writing: Writing): Call[] {
  const bySystem: Writing = { ...writing, actor: 'system' };
  return writing.draft.expired(writing.now).map((call) => {
    const decision = expireLease(call, writing.now);
    if (decision.kind !== 'change') return call;
    writeChange(bySystem, call, decision);
    return decision.call;
  });
}
