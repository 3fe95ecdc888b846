import type { CallQuery } from '../../../core/call-filter.ts';
import type { RenderedPage } from '../../../core/call-store.ts';
import type { Connection } from '../connection.ts';
import type { StoreLogger } from '../store-logger.ts';
import { pageOfList } from './list-pages.ts';
import type { LiveLists } from './live-lists.ts';
import type { PlainPage } from './plain-page.ts';

export interface ListCheckOptions {
  connection: Connection;
  lists: LiveLists;
  /** Answers by SQL alone, as of some moment from now on. */
  readPlain(query: CallQuery): Promise<PlainPage>;
  /** What came of a check; one that changes overtook came to nothing. */
  onChecked?: ((isEqual: boolean) => void) | undefined;
  logger?: StoreLogger | undefined;
  /** The least time from one check to the next; default: a second. */
  everyMs?: number | undefined;
}

/** Checks take no more than this share of the time. */
const MOST_SHARE = 0.01;

/** Holds a sample of the answers of lists against plain SQL. A list that is wrong is thrown away, and told. */
export interface ListCheck {
  /** A list has answered this. */
  answered(query: CallQuery): void;
  /** Resolves when the check that is under way has ended. */
  ended(): Promise<void>;
}

export function createListCheck(options: ListCheckOptions): ListCheck {
  const { connection, lists, readPlain, onChecked, logger, everyMs = 1_000 } = options;
  let notBefore = 0;
  let running: Promise<void> | undefined;

  async function check(query: CallQuery): Promise<void> {
    const begun = performance.now();
    const plain = await readPlain(query);
    const seconds = performance.now() - begun;
    notBefore = performance.now() + Math.max(everyMs, everyMs === 0 ? 0 : seconds / MOST_SHARE);
    if (!connection.isOpen) return;
    connection.read(() => {
      lists.follow();
      const list = plain.sequence === lists.sequence ? lists.find(query) : undefined;
      if (list === undefined) return;
      const answer = pageOfList(connection, lists, list, query);
      const isEqual = areEqual(answer, plain.page);
      if (!isEqual) {
        lists.discard(list);
        logger?.error?.(
          // Names of filters only: what they ask for may be the number of somebody.
          {
            filters: Object.keys(query.filter),
            sort: query.sort,
            at: query.at,
            counted: answer.rowCount,
            stored: plain.page.rowCount,
          },
          'A kept list of calls differed from the database and was thrown away; please report this',
        );
      }
      onChecked?.(isEqual);
    });
  }

  return {
    answered(query) {
      if (running !== undefined || performance.now() < notBefore) return;
      // A database that cannot be read is told to whoever asks for calls.
      running = check(query)
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    ended: async () => running,
  };
}

function areEqual(one: RenderedPage, other: RenderedPage): boolean {
  return (
    one.rowCount === other.rowCount &&
    one.length === other.length &&
    one.lastId === other.lastId &&
    Buffer.compare(one.json, other.json) === 0
  );
}
