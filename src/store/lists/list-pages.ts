import type { CallQuery } from '../../core/call-filter.ts';
import type { RenderedPage } from '../../core/call-store.ts';
import type { LiveList } from './live-list.ts';
import type { LiveLists } from './live-lists.ts';

export const EMPTY_PAGE = { length: 0, lastId: null, json: new Uint8Array(0) };

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

/** Whether the page of a question lay ready until a change took it away: it is asked again and again. */
export function isChangedPage(lists: LiveLists, list: LiveList, query: CallQuery): boolean {
  const start = list.startOf(query);
  return start % query.limit === 0 && lists.isPageChanged(list, query.limit, start / query.limit);
}

/** Ids of the page of a question. */
export function idsOfPage(list: LiveList, query: CallQuery): number[] {
  const start = list.startOf(query);
  return list.ids(start, start + query.limit);
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
