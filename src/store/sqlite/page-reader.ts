import type { CallQuery } from '../../core/call-filter.ts';
import type { CallPage, CallStore, RenderedPage } from '../../core/call-store.ts';
import { createListCheck, type ListCheckOptions } from '../lists/check-lists.ts';
import { idsOfPage, keepPage, readyPage } from '../lists/list-pages.ts';
import type { LiveList } from '../lists/live-list.ts';
import { type ListBounds, LiveLists } from '../lists/live-lists.ts';
import type { Connection } from './connection.ts';
import { KeptRows } from './lists/kept-rows.ts';
import { ListFollower } from './lists/list-follower.ts';
import { pageOfList } from './lists/page-of-list.ts';
import { type PlainPage, plainPage } from './lists/plain-page.ts';
import { isQuick } from './quick-questions.ts';
import { callPage, callsOf, renderedPage } from './read-calls.ts';
import type { ReaderThread } from './reader-thread.ts';

export interface PageReaderOptions extends Pick<ListCheckOptions, 'onChecked' | 'logger' | 'everyMs'> {
  connection: Connection;
  /** Called before rows are read that are kept as they are sent. */
  guard: () => void;
  /** Finds the ids of long lists, so that this thread does not. */
  reader?: ReaderThread | undefined;
  bounds?: ListBounds | undefined;
}

export type PageReader = Pick<CallStore, 'readRendered' | 'readCalls'>;

/** Every question is answered by SQL. */
export function createPlainReader({ connection, guard }: Pick<PageReaderOptions, 'connection' | 'guard'>): PageReader {
  return {
    readRendered: async (query) =>
      connection.read(() => {
        guard();
        return renderedPage(connection, query);
      }),
    readCalls: async (query) => connection.read(() => callPage(connection, query)),
  };
}

/**
 * The first question of a filter is answered by SQL, from the second on by a list that is kept. Either way the answer is
 * what the database held when the question came: nothing in memory is used before it is known that nothing was
 * committed since it was true, by this process or another.
 */
export function createListReader(options: PageReaderOptions): PageReader & { lists: LiveLists } {
  const { connection, guard, reader, bounds } = options;
  const lists = new LiveLists(bounds);
  const build = reader && ((query: CallQuery) => reader.listContent(query));
  const rows = new KeptRows();
  const follower = new ListFollower({ connection, lists, rows, guard, build });
  const pageFrom = (list: LiveList, query: CallQuery) => pageOfList({ connection, lists, rows }, list, query);
  const readPlain = async (query: CallQuery): Promise<PlainPage> => {
    if (reader === undefined) return connection.read(() => plainPage(connection, query));
    const plain = await reader.plainPage(query);
    // Rows may have been made anew with other settings meanwhile.
    if (connection.isOpen) guard();
    return plain;
  };
  const check = createListCheck({
    ...options,
    lists,
    async ask(query) {
      const plain = await readPlain(query);
      if (!connection.isOpen) return undefined;
      return connection.read(() => {
        follower.follow();
        const list = plain.sequence === lists.sequence ? follower.find(query) : undefined;
        return list && { list, answer: pageFrom(list, query), plain: plain.page };
      });
    },
  });

  let refreshing: Promise<void> | undefined;

  /**
   * All questions of one turn of the event loop share one look at the database, which comes after all of them. To look
   * costs 2 to 7 us, most of it two locks: as much as everything else that a page from a list needs.
   */
  function refreshed(): Promise<void> {
    refreshing ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        refreshing = undefined;
        try {
          if (!follower.isFresh()) connection.read(() => follower.follow());
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return refreshing;
  }

  /** Within one read transaction; undefined: it would hold up this thread, and no list knows. */
  function answerHere<Page extends RenderedPage | CallPage>(
    query: CallQuery,
    fromList: (list: LiveList) => Page,
    fromSql: () => Page,
  ): Page | undefined {
    return connection.read(() => {
      follower.follow();
      const list = follower.find(query);
      if (list !== undefined) return fromList(list);
      if (reader !== undefined && !isQuick(query)) {
        follower.missed(query, Number.POSITIVE_INFINITY);
        return undefined;
      }
      const page = fromSql();
      follower.missed(query, page.rowCount);
      const made = lists.ready(query);
      if (made !== undefined && 'json' in page) keepPage(lists, made, query, page);
      return page;
    });
  }

  return {
    lists,
    async readRendered(query) {
      await refreshed();
      const list = lists.ready(query);
      const ready = list && readyPage(lists, list, query);
      if (list !== undefined) check.answered(query);
      if (ready !== undefined) return ready;
      const page = answerHere(
        query,
        (found) => pageFrom(found, query),
        () => renderedPage(connection, query),
      );
      return page ?? (await readPlain(query)).page;
    },
    async readCalls(query) {
      const page = answerHere(
        query,
        (found) => ({ rowCount: found.length, calls: callsOf(connection, idsOfPage(found, query)) }),
        () => callPage(connection, query),
      );
      // Without a thread everything is answered here.
      return page ?? (reader as ReaderThread).callPage(query);
    },
  };
}
