import type { CaptureGap } from '../../core/capture-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { PbxFinding } from '../../core/pbx-finding.ts';

export type Gap = Omit<CaptureGap, 'instance'>;

/** What has to be known again after a restart, so that the next process knows since when nothing was heard. */
export interface Heard {
  /** See `PbxStatus.pbx`. */
  pbx: string;
  /** When the PBX was last known to be heard. */
  at: EpochSeconds;
  /** Why it was not heard from then on; null: it was heard until this was kept. */
  reason: string | null;
  /** Gaps of which it is not known yet whether they could be filled. */
  undecided: readonly Gap[];
}

export interface HeardGaps {
  /** Nothing is heard from `from` on. A gap that lasts already goes on. */
  lose(lost: { from: EpochSeconds; pbx: string; reason: string }): PbxFinding[];
  /** It is heard again. */
  end(found: { to: EpochSeconds; pbx: string }): PbxFinding[];
  /** Whether all that happened in the gaps that have ended is known by now. */
  decide(isFilled: boolean): PbxFinding[];
  isUndecided(): boolean;
  /** What lasts now. */
  lasting(): Gap | undefined;
  undecided(): readonly Gap[];
}

/** Gaps over this, of a record of queues that stays unreadable, are taken for unfilled. */
const MOST_UNDECIDED = 100;

/**
 * Keeps account of the times in which the PBX was not heard.
 * @param known as it was kept by the process before; undefined: there was none, so that nothing was missed
 */
export function createHeardGaps(known: Heard | undefined): HeardGaps {
  let lasting: Gap | undefined = known && {
    pbx: known.pbx,
    from: known.at,
    to: null,
    reason: known.reason ?? 'service_stopped',
    isFilled: null,
  };
  let undecided: Gap[] = [...(known?.undecided ?? [])];

  const told = (gap: Gap): PbxFinding => ({ kind: 'gap', gap });

  return {
    lose({ from, pbx, reason }) {
      if (lasting !== undefined) return [];
      lasting = { pbx, from, to: null, reason, isFilled: null };
      return [told(lasting)];
    },
    end({ to, pbx }) {
      if (lasting === undefined) return [];
      const isRestart = lasting.reason === 'connection_lost' && pbx !== lasting.pbx;
      const gap: Gap = {
        ...lasting,
        // Clocks may have been set back meanwhile.
        to: Math.max(to, lasting.from),
        reason: isRestart ? 'pbx_restarted' : lasting.reason,
      };
      lasting = undefined;
      undecided.push(gap);
      const given = undecided.length > MOST_UNDECIDED ? undecided.shift() : undefined;
      return [told(gap), ...(given === undefined ? [] : [told({ ...given, isFilled: false })])];
    },
    decide(isFilled) {
      const decided = undecided;
      undecided = [];
      return decided.map((gap) => told({ ...gap, isFilled }));
    },
    isUndecided: () => undecided.length > 0,
    lasting: () => lasting,
    undecided: () => undecided,
  };
}
