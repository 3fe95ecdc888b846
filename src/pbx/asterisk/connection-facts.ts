import type { EpochSeconds } from '../../core/clock.ts';
import type { PbxStatus } from '../../core/pbx.ts';
import type { AmiIdentity } from './ami-identity.ts';
import type { AmiState } from './ami-state.ts';

/** What a status tells of the connection by itself; its times may have fractions. */
export function connectionFacts({ identity, lastEventAt, lastFailure, queued, dropped }: AmiState) {
  return {
    version: identity?.version,
    systemName: identity?.systemName,
    startedAt: whole(identity?.startedAt),
    lastEventAt: whole(lastEventAt),
    lastFailure: lastFailure && { ...lastFailure, at: Math.floor(lastFailure.at) },
    queued,
    dropped,
  } satisfies Partial<PbxStatus>;
}

/**
 * Names the PBX and the run of it, the same on every instance. Without the right `reporting` a run cannot be told from the
 * next.
 */
export function runName({ systemName, startedAtLocal }: AmiIdentity): string {
  return [systemName, startedAtLocal].filter((part) => part !== undefined && part !== '').join(' ') || 'asterisk';
}

function whole(at: number | undefined): EpochSeconds | undefined {
  return at === undefined ? undefined : Math.floor(at);
}
