import type { Sort } from '../../../client/src/contract.ts';

/** How calls are sorted: null last in both directions; ties by id, ascending (api.md 4). */
export interface Order {
  sql: string;
  /** What follows `FROM calls` so that calls are visited in this order, none left out. */
  walk: string;
  /** The same for pending calls only, where there is an index for it. */
  pendingWalk?: string;
}

const ORDERS: Record<Sort, Order> = {
  id: { sql: 'id', walk: 'NOT INDEXED', pendingWalk: 'INDEXED BY calls_pending' },
  '-id': { sql: 'id DESC', walk: 'NOT INDEXED', pendingWalk: 'INDEXED BY calls_pending' },
  schedule: { sql: 'schedule NULLS LAST, id', walk: 'INDEXED BY calls_by_schedule' },
  '-schedule': { sql: 'schedule DESC NULLS LAST, id', walk: 'INDEXED BY calls_by_schedule' },
  priority: { sql: 'priority, id', walk: 'INDEXED BY calls_by_priority' },
  '-priority': { sql: 'priority DESC, id', walk: 'INDEXED BY calls_by_priority_downwards' },
  created_at: { sql: 'created_at, id', walk: 'INDEXED BY calls_by_created_at' },
  '-created_at': { sql: 'created_at DESC, id', walk: 'INDEXED BY calls_by_created_at' },
  updated_at: { sql: 'updated_at, id', walk: 'INDEXED BY calls_by_updated_at' },
  '-updated_at': { sql: 'updated_at DESC, id', walk: 'INDEXED BY calls_by_updated_at' },
  last_missed_at: { sql: 'last_missed_at NULLS LAST, id', walk: 'INDEXED BY calls_by_last_missed_at' },
  '-last_missed_at': { sql: 'last_missed_at DESC NULLS LAST, id', walk: 'INDEXED BY calls_by_last_missed_at' },
  next_attempt_at: { sql: 'next_attempt_at NULLS LAST, id', walk: 'INDEXED BY calls_by_next_attempt_at' },
  '-next_attempt_at': { sql: 'next_attempt_at DESC NULLS LAST, id', walk: 'INDEXED BY calls_by_next_attempt_at' },
  dial_order: {
    sql: 'priority DESC, due_since, id',
    walk: 'INDEXED BY calls_by_dial_order',
    pendingWalk: 'INDEXED BY calls_pending_by_dial_order',
  },
};

export function orderOf(sort: Sort): Order {
  return ORDERS[sort];
}
