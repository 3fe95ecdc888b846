import type { Sort } from '../../../client/src/contract.ts';
import type { ListRow } from './list-row.ts';

/**
 * Every order of calls as one number, ascending, ties by id: descending ones negated, null as the largest number there
 * is, since it is last in both directions.
 */
export interface SortKey {
  of(row: ListRow): number;
  /** The same over `calls`, in the words that every database knows. */
  sql: string;
}

/** Instants are whole seconds of the years 0 to 9999, which need 38 bits, and a sign. */
const DIAL_STEP = 2 ** 40;
/** Beyond every instant, and the same number to the bit in a database and here. */
const LAST = 2 ** 52;

const PLAIN = {
  schedule: ['schedule', (row: ListRow) => row.schedule],
  priority: ['priority', (row: ListRow) => row.priority],
  created_at: ['created_at', (row: ListRow) => row.createdAt],
  updated_at: ['updated_at', (row: ListRow) => row.updatedAt],
  last_missed_at: ['last_missed_at', (row: ListRow) => row.lastMissedAt],
  next_attempt_at: ['next_attempt_at', (row: ListRow) => row.nextAttemptAt],
} as const;

/** Undefined for both orders by id, which need none. */
export function sortKeyOf(sort: Sort): SortKey | undefined {
  switch (sort) {
    case 'id':
    case '-id':
      return undefined;
    case 'dial_order':
      return {
        of: ({ priority, dueSince }) => dueSince - priority * DIAL_STEP,
        sql: `due_since - priority * ${DIAL_STEP}`,
      };
    default: {
      const isDown = sort.startsWith('-');
      const [column, memberOf] = PLAIN[sort.replace('-', '') as keyof typeof PLAIN];
      return {
        of(row) {
          const value = memberOf(row);
          if (value === null) return LAST;
          return isDown ? -value : value;
        },
        sql: `coalesce(${isDown ? '-' : ''}${column}, ${LAST})`,
      };
    }
  }
}
