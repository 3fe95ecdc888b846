import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { CommandOutcome, RepeatGuard } from '../../core/call-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Connection } from './connection.ts';

/** What became of an earlier request with this key; undefined: there was none, or it is no longer kept. */
export function findRepeat(
  connection: Connection,
  { tokenId, key, fingerprint }: RepeatGuard,
  now: EpochSeconds,
): CommandOutcome | undefined {
  const row = connection.get(
    'SELECT fingerprint, outcome FROM repeats WHERE token_id = ? AND key = ? AND expires > ?',
    [tokenId, key, now],
  );
  if (row === undefined) return undefined;
  if (row[0] !== fingerprint) return { kind: 'key_reused' };
  return unpacked(row[1] as Uint8Array);
}

/** Within the transaction of what the request did. */
export function keepForRepeats(
  connection: Connection,
  { tokenId, key, fingerprint, keepSeconds }: RepeatGuard,
  outcome: CommandOutcome,
  now: EpochSeconds,
): void {
  connection.run(
    'INSERT OR REPLACE INTO repeats (token_id, key, fingerprint, outcome, expires) VALUES (?, ?, ?, ?, ?)',
    [tokenId, key, fingerprint, packed(outcome), now + keepSeconds],
  );
}

/** The outcome of 10,000 saved calls is 1 MB, packed a tenth of it. */
function packed(outcome: CommandOutcome): Uint8Array {
  return deflateRawSync(JSON.stringify(outcome), { level: 1 });
}

function unpacked(bytes: Uint8Array): CommandOutcome {
  return JSON.parse(inflateRawSync(bytes).toString());
}
