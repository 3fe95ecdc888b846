import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { CommandOutcome, RepeatGuard } from '../../core/call-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { type Draft, type DraftRepeat, repeatKey } from './draft.ts';
import type { Row, Statement } from './session.ts';

/** What is stored of an earlier request, packed as it is. */
export interface StoredRepeat {
  fingerprint: string;
  outcome: Uint8Array;
  expires: EpochSeconds;
}

export type StoredRepeats = ReadonlyMap<string, StoredRepeat>;

export function selectRepeats(guards: readonly RepeatGuard[]): Statement {
  return {
    sql: `SELECT token_id, key, fingerprint, outcome, expires
      FROM json_to_recordset(?) AS asked (token_id bigint, key text) JOIN repeats USING (token_id, key)`,
    values: [JSON.stringify(guards.map(({ tokenId, key }) => ({ token_id: tokenId, key })))],
  };
}

export function storedRepeats(rows: readonly Row[]): StoredRepeats {
  return new Map(
    rows.map(([tokenId, key, fingerprint, outcome, expires]) => [
      repeatKey({ tokenId: tokenId as number, key: key as string }),
      { fingerprint: fingerprint as string, outcome: outcome as Uint8Array, expires: expires as number },
    ]),
  );
}

/** What became of an earlier request with this key; undefined: there was none, or it is no longer kept. */
export function findRepeat(
  draft: Draft,
  stored: StoredRepeats,
  guard: RepeatGuard,
  now: EpochSeconds,
): CommandOutcome | undefined {
  const fresh = draft.repeats.get(repeatKey(guard));
  if (fresh !== undefined) {
    return fresh.guard.fingerprint === guard.fingerprint ? fresh.outcome : { kind: 'key_reused' };
  }
  const earlier = stored.get(repeatKey(guard));
  if (earlier === undefined || earlier.expires <= now) return undefined;
  return earlier.fingerprint === guard.fingerprint ? unpacked(earlier.outcome) : { kind: 'key_reused' };
}

/**
 * Not instead of what is there, unless its time is over: another instance that has carried out the same request meanwhile
 * makes this one fail, and then answer as that one did.
 */
export function insertRepeats(repeats: readonly DraftRepeat[]): Statement[] {
  return repeats.flatMap(({ guard: { tokenId, key, fingerprint, keepSeconds }, outcome, now }) => [
    { sql: 'DELETE FROM repeats WHERE token_id = ? AND key = ? AND expires <= ?', values: [tokenId, key, now] },
    {
      sql: 'INSERT INTO repeats (token_id, key, fingerprint, outcome, expires) VALUES (?, ?, ?, ?, ?)',
      values: [tokenId, key, fingerprint, packed(outcome), now + keepSeconds],
    },
  ]);
}

/** The outcome of 10,000 saved calls is 1 MB, packed a tenth of it. */
function packed(outcome: CommandOutcome): Uint8Array {
  return deflateRawSync(JSON.stringify(outcome), { level: 1 });
}

function unpacked(bytes: Uint8Array): CommandOutcome {
  return JSON.parse(inflateRawSync(bytes).toString());
}
