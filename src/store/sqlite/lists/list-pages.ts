import type { CallQuery } from '../../../core/call-filter.ts';
import type { RenderedPage } from '../../../core/call-store.ts';
import type { Connection } from '../connection.ts';
import { bodies, EMPTY_PAGE } from '../read-calls.ts';
import type { LiveList } from './live-list.ts';
import type { LiveLists } from './live-lists.ts';

/** The page of a question, if it lies ready. */
export function readyPage(lists: LiveLists, list: LiveList, query: CallQuery): RenderedPage | undefined {
  const rowCount = list.length;
  const start = list.startOf(query);
  if (start >= rowCount) return { ...EMPTY_PAGE, rowCount };
  const { limit } = query;
  if (start % limit !== 0) return undefined;
  const page = lists.page(list, limit, start / limit);
  return page && { rowCount, length: page.length, lastId: page.lastId, json: page.json };
}

/** The page of a question, made where it does not lie ready. Within the transaction in which the list is fresh. */
export function pageOfList(connection: Connection, lists: LiveLists, list: LiveList, query: CallQuery): RenderedPage {
  const ready = readyPage(lists, list, query);
  if (ready !== undefined) return ready;
  const start = list.startOf(query);
  const ids = list.ids(start, start + query.limit);
  const lastId = ids.at(-1) as number;
  const page = { rowCount: list.length, length: ids.length, lastId, json: bodies(connection, ids) };
  keepPage(lists, list, query, page);
  return page;
}

/** Lets a page lie ready that is as the list is now. */
export function keepPage(
  lists: LiveLists,
  list: LiveList,
  query: CallQuery,
  { length, lastId, json }: RenderedPage,
): void {
  const { limit } = query;
  const start = list.startOf(query);
  // Pages that begin anywhere would lie there in many versions.
  if (lastId === null || start % limit !== 0) return;
  lists.keepPage(list, limit, start / limit, { length, lastId, json });
}
