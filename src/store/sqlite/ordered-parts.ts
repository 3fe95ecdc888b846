import { askedOf, type CallFilter } from '../../core/call-filter.ts';
import { projectParts } from '../../core/project-parts.ts';

/** Filters whose one value is a part of an index that lies in order of id. (Of one external id there are few.) */
const MEMBERS_IN_ORDER: readonly (keyof CallFilter)[] = [
  ...(['callerNumbers', 'dnidNumbers', 'outboundNumbers', 'externalIds', 'inboundRouteIds'] as const),
  ...(['sources', 'lastResults', 'statusReasons', 'claimedBy'] as const),
];
const MEMBERS_OF_PROJECT: readonly (keyof CallFilter)[] = ['projectIds', 'outboundTypes', 'attendTypes'];
const MOST_PARTS = 16;

/**
 * A filter as several that exclude each other and together are the same, each of them a part of an index in which the
 * calls lie in order of id: a page is then read off their beginnings, however many match. Undefined where there are no
 * such parts, or too many.
 */
export function orderedParts(filter: CallFilter): readonly CallFilter[] | undefined {
  const asked = askedOf(filter);
  const [first] = asked;
  if (asked.length === 1 && first !== undefined && MEMBERS_IN_ORDER.includes(first)) {
    const values = new Set(filter[first] as readonly (string | number)[]);
    return values.size > MOST_PARTS ? undefined : [...values].map((value) => ({ [first]: [value] }));
  }
  return asked.every((name) => MEMBERS_OF_PROJECT.includes(name)) ? projectParts(filter, MOST_PARTS) : undefined;
}
