import type { CallQuery } from '../../core/call-filter.ts';
import type { CallStore } from '../../core/call-store.ts';
import { createListCheck, type ListCheckOptions } from '../lists/check-lists.ts';
import { listQuestionOf } from '../lists/live-list.ts';
import { type ListBounds, LiveLists } from '../lists/live-lists.ts';
import type { Database } from './database.ts';
import type { DerivedGuard } from './derived-guard.ts';
import { findList } from './lists/find-list.ts';
import { ListRounds } from './lists/list-rounds.ts';
import { callPage, plainPage } from './read-calls.ts';
import { Turns } from './turns.ts';

export interface PageReaderOptions extends Pick<ListCheckOptions, 'onChecked' | 'logger' | 'everyMs'> {
  database: Database;
  /** Held against rows that are kept as they are sent. */
  guard: DerivedGuard;
  bounds?: ListBounds | undefined;
}

export type PageReader = Pick<CallStore, 'readRendered' | 'readCalls'>;

/** Lists that are being found at the same time: each takes a connection, and a processor of PostgreSQL. */
const MOST_FINDING = 2;
/** Those, and the ones that wait for their turn. */
const MOST_BUILDING = 512;

/** Every question is answered by SQL. */
export function createPlainReader({ database, guard }: Pick<PageReaderOptions, 'database' | 'guard'>): PageReader {
  return {
    readRendered: async (query) => (await plainPage(database, guard, query)).page,
    readCalls: (query) => callPage(database, query),
  };
}

/**
 * The first question of a filter is answered by SQL, from the second on by a list that is kept. Either way the answer is
 * what the database held when the question came, whichever instance has written it.
 */
export function createListReader(options: PageReaderOptions): PageReader & { lists: LiveLists } {
  const { database, guard, bounds } = options;
  const lists = new LiveLists(bounds);
  const rounds = new ListRounds(database, guard, lists);
  const check = createListCheck({
    ...options,
    lists,
    // At the same time, so that as little as possible is changed in between.
    async ask(query) {
      const [plain, kept] = await Promise.all([plainPage(database, guard, query), rounds.page(query)]);
      if (kept === undefined || kept.sequence !== plain.sequence) return undefined;
      return { list: kept.list, answer: kept.page, plain: plain.page };
    },
  });

  const finding = new Turns(MOST_FINDING);
  function missed(query: CallQuery): void {
    if (!lists.isWanted(query)) return;
    lists.build(query, MOST_BUILDING, async () => {
      const find = () => findList(database, guard, listQuestionOf(query), query.moment.now);
      const found = await finding.take(find);
      if (found === undefined) lists.giveUp(query);
      else await rounds.arrived(query, found);
    });
  }

  return {
    lists,
    async readRendered(query) {
      const kept = await rounds.page(query);
      if (kept !== undefined) {
        check.answered(query);
        return kept.page;
      }
      const { page } = await plainPage(database, guard, query);
      missed(query);
      return page;
    },
    async readCalls(query) {
      const kept = await rounds.calls(query);
      if (kept !== undefined) return kept.page;
      const page = await callPage(database, query);
      missed(query);
      return page;
    },
  };
}
