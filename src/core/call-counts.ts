import type { Call } from './call.ts';
import { askedOf, type CallFilter } from './call-filter.ts';

/** What calls are counted by, so that these filters need not look at one to know how many there are. */
export type Counted = Pick<Call, 'projectId' | 'outboundType' | 'attendType' | 'status'>;

const COUNTED_BY: readonly (keyof CallFilter)[] = ['projectIds', 'outboundTypes', 'attendTypes', 'statuses'];

/** Whether a filter asks for nothing but what calls are counted by. */
export function isCounted(filter: CallFilter): boolean {
  return askedOf(filter).every((name) => COUNTED_BY.includes(name));
}
