import type { Sort } from '../../../client/src/contract.ts';

/** How calls are sorted: null last in both directions; ties by id, ascending (api.md 4). */
const ORDERS: Record<Sort, string> = {
  id: 'id',
  '-id': 'id DESC',
  schedule: 'schedule, id',
  '-schedule': 'schedule DESC NULLS LAST, id',
  priority: 'priority, id',
  '-priority': 'priority DESC, id',
  created_at: 'created_at, id',
  '-created_at': 'created_at DESC, id',
  updated_at: 'updated_at, id',
  '-updated_at': 'updated_at DESC, id',
  last_missed_at: 'last_missed_at, id',
  '-last_missed_at': 'last_missed_at DESC NULLS LAST, id',
  next_attempt_at: 'next_attempt_at, id',
  '-next_attempt_at': 'next_attempt_at DESC NULLS LAST, id',
  dial_order: 'priority DESC, due_since, id',
};

/** Columns whose index holds no calls without a value. */
export const NULLS_LAST: Partial<Record<Sort, string>> = {
  schedule: 'schedule',
  '-schedule': 'schedule',
  last_missed_at: 'last_missed_at',
  '-last_missed_at': 'last_missed_at',
  next_attempt_at: 'next_attempt_at',
  '-next_attempt_at': 'next_attempt_at',
};

export function orderOf(sort: Sort): string {
  return ORDERS[sort];
}
