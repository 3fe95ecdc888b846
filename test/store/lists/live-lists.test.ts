import { expect, test } from 'vitest';
import type { CallQuery } from '../../../src/core/call-filter.ts';
import { LiveLists } from '../../../src/store/lists/live-lists.ts';

const question = (at: CallQuery['at'], statuses: 'pending' | 'completed' = 'pending'): CallQuery => ({
  filter: { statuses: [statuses] },
  ...({ sort: 'id', limit: 100, moment: { now: 1, pbxConnected: false } } as const),
  at,
});

test.each([[{ page: 1 }], [{ page: 7 }], [{ afterId: 500 }]])(
  'the first question of a filter, %o, is no reason for a list, the second one is',
  (at) => {
    const lists = new LiveLists();
    expect(lists.isWanted(question(at))).toBe(false);
    expect(lists.isWanted(question({ page: 1 }, 'completed'))).toBe(false);
    expect(lists.isWanted(question({ page: 2 }))).toBe(true);
  },
);
