import type { Verdict } from './call-verdict.ts';
import type { CaptureGap } from './capture-command.ts';

/** What comes out of watching a PBX and has to be kept, in this order: a place only after what was found before it. */
export type PbxFinding =
  | { kind: 'verdict'; verdict: Verdict }
  /** A time in which nothing was heard. Told when it ends, and once more when it is known whether it could be filled. */
  | { kind: 'gap'; gap: Omit<CaptureGap, 'instance'> }
  /** How far something was read, or what has to be known again after a restart. */
  | { kind: 'place'; pbx: string; reader: string; place: string };
