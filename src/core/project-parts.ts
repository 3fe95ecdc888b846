import { ATTEND_TYPES, OUTBOUND_TYPES } from '../../client/src/contract.ts';
import type { CallFilter } from './call-filter.ts';

/**
 * What a filter says of projects and types as several filters that exclude each other and together are the same. Undefined
 * where it says nothing of projects, or where there are more than `most`.
 */
export function projectParts(
  { projectIds, outboundTypes, attendTypes }: CallFilter,
  most: number,
): readonly CallFilter[] | undefined {
  if (projectIds === undefined) return undefined;
  const [projects, outbound, attend] = [
    new Set(projectIds),
    new Set(outboundTypes ?? OUTBOUND_TYPES),
    new Set(attendTypes ?? ATTEND_TYPES),
  ];
  if (projects.size * outbound.size * attend.size > most) return undefined;
  return [...projects].flatMap((projectId) =>
    [...outbound].flatMap((outboundType) =>
      [...attend].map((attendType) => ({
        projectIds: [projectId],
        outboundTypes: [outboundType],
        attendTypes: [attendType],
      })),
    ),
  );
}
