import type { CaptureGap } from './capture-command.ts';
import type { EpochSeconds } from './clock.ts';

/** Gaps are told for so long: what is older is known, or no longer matters to a list of people to be called back. */
export const GAPS_TOLD_SECONDS = 7 * 86_400;

/** Gaps by whether all that happened in them is known by now: how many, and how long in all. */
export interface GapSums {
  filled: { count: number; seconds: number };
  unfilled: { count: number; seconds: number };
  /** Not decided yet. */
  undecided: { count: number; seconds: number };
}

/** How long a gap was; one that lasts is as long as it is by now. */
export function gapSeconds({ from, to }: Pick<CaptureGap, 'from' | 'to'>, now: EpochSeconds): number {
  return Math.max(0, (to ?? now) - from);
}

export function sumGaps(gaps: readonly CaptureGap[], now: EpochSeconds): GapSums {
  const none = () => ({ count: 0, seconds: 0 });
  const sums: GapSums = { filled: none(), unfilled: none(), undecided: none() };
  for (const gap of gaps) {
    const sum = sums[gap.isFilled === null ? 'undecided' : gap.isFilled ? 'filled' : 'unfilled'];
    sum.count += 1;
    sum.seconds += gapSeconds(gap, now);
  }
  return sums;
}
