import type { CallQuery } from '../../../core/call-filter.ts';
import type { RenderedPage } from '../../../core/call-store.ts';
import { idsOfPage, isChangedPage, keepPage, readyPage } from '../../lists/list-pages.ts';
import type { LiveList } from '../../lists/live-list.ts';
import type { LiveLists } from '../../lists/live-lists.ts';
import type { Connection } from '../connection.ts';
import { bodies } from '../read-calls.ts';
import type { KeptRows } from './kept-rows.ts';

/** The page of a question, made where it does not lie ready. Within the transaction in which the list is fresh. */
export function pageOfList(
  { connection, lists, rows }: { connection: Connection; lists: LiveLists; rows: KeptRows },
  list: LiveList,
  query: CallQuery,
): RenderedPage {
  const ready = readyPage(lists, list, query);
  if (ready !== undefined) return ready;
  const ids = idsOfPage(list, query);
  const lastId = ids.at(-1) as number;
  const json = isChangedPage(lists, list, query) ? rows.page(connection, ids) : bodies(connection, ids);
  const page = { rowCount: list.length, length: ids.length, lastId, json };
  keepPage(lists, list, query, page);
  return page;
}
