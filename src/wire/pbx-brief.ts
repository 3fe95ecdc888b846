import { type GapBrief, PBX_PHASES, type PbxBrief } from '../../client/src/contract.ts';
import type { CallQueue } from '../core/call-queue.ts';
import type { CaptureGap } from '../core/capture-command.ts';
import type { EpochSeconds } from '../core/clock.ts';
import { gapSeconds } from '../core/recent-gaps.ts';
import type { JsonSchema } from './json-schema.ts';
import { countSchema, nullableObjectOf, nullableTimeSchema, timeSchema } from './object-schema.ts';
import { type RowStyle, timeOf } from './row.ts';

export const phaseSchema: JsonSchema = {
  enum: PBX_PHASES,
  description: 'Only up can be relied on: before it, what went on meanwhile is still being read.',
};

export const gapSchemas: Record<keyof GapBrief, JsonSchema> = {
  from: timeSchema,
  to: { ...nullableTimeSchema, description: 'Null while it lasts.' },
  seconds: countSchema,
  filled: {
    type: ['boolean', 'null'],
    description: 'Whether all that happened in it is known by now; null: not yet decided.',
  },
};

const members: Record<keyof PbxBrief, JsonSchema> = {
  phase: phaseSchema,
  since: { ...timeSchema, description: 'When that phase began.' },
  last_event_at: { ...nullableTimeSchema, description: 'When the last event was read.' },
  last_gap: nullableObjectOf('The newest time of the last seven days in which the PBX was not heard.', gapSchemas),
};

export const pbxBriefSchema: JsonSchema = nullableObjectOf(
  'The PBX, whatever the filters; null: the installation has none.',
  members,
);

/** What everybody may know of the PBX: it says nothing of a project. Null: there is none. */
export async function pbxBriefOf(queue: CallQueue, style: RowStyle): Promise<PbxBrief | null> {
  const status = queue.pbxStatus();
  if (status === undefined) return null;
  const [gap] = await queue.recentGaps(1);
  return {
    phase: status.phase,
    since: timeOf(status.since, style),
    last_event_at: status.lastEventAt === undefined ? null : timeOf(status.lastEventAt, style),
    last_gap: gap === undefined ? null : gapBriefOf(gap, queue.moment().now, style),
  };
}

export function gapBriefOf(gap: CaptureGap, now: EpochSeconds, style: RowStyle): GapBrief {
  return {
    from: timeOf(gap.from, style),
    to: gap.to === null ? null : timeOf(gap.to, style),
    seconds: gapSeconds(gap, now),
    filled: gap.isFilled,
  };
}
