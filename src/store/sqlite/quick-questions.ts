import { askedOf, type CallFilter, type CallQuery, isPendingOnly } from '../../core/call-filter.ts';
import { orderedParts } from './ordered-parts.ts';

/** Filters that few calls match, whatever else is asked for. */
const SELECTIVE: readonly (keyof CallFilter)[] = [
  ...(['callerNumbers', 'dnidNumbers', 'outboundNumbers', 'externalIds', 'inboundRouteIds'] as const),
  ...(['ids', 'campaigns', 'claimedBy'] as const),
];
/** Where pages begin that are slow to find: in order of id, and in others, which no index keeps for the filter. */
const DEEP_BY_ID = 20_000;
const DEEP = 1_000;

/**
 * Whether SQL is sure to answer in a few milliseconds a question that no list answers. The others may match a good part
 * of all calls, where counting alone takes 25 ms for each million, and are answered by the reading thread: to ask it
 * costs 0.1 ms.
 */
export function isQuick({ filter, sort, at, limit }: CallQuery): boolean {
  const isById = !('page' in at) || sort === 'id' || sort === '-id';
  const asked = askedOf(filter);
  if ('page' in at && (at.page - 1) * limit > (isById ? DEEP_BY_ID : DEEP)) return false;
  if (isPendingOnly(filter) || SELECTIVE.some((name) => filter[name] !== undefined)) return true;
  return asked.length === 0 || (filter.projectIds !== undefined && orderedParts(filter) !== undefined);
}
