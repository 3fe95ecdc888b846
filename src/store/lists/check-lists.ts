import type { CallQuery } from '../../core/call-filter.ts';
import type { RenderedPage } from '../../core/call-store.ts';
import type { LiveList } from './live-list.ts';
import type { LiveLists } from './live-lists.ts';

export interface ListCheckOptions {
  lists: LiveLists;
  /** Asks a list and plain SQL, both as of one place in the change feed; undefined: changes overtook that. */
  ask(query: CallQuery): Promise<CheckedAnswer | undefined>;
  /** What came of a check; one that changes overtook came to nothing. */
  onChecked?: ((isEqual: boolean) => void) | undefined;
  logger?: { error?(facts: object, message: string): void } | undefined;
  /** The least time from one check to the next; default: a second. */
  everyMs?: number | undefined;
}

export interface CheckedAnswer {
  list: LiveList;
  answer: RenderedPage;
  plain: RenderedPage;
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

export function createListCheck({ lists, ask, onChecked, logger, everyMs = 1_000 }: ListCheckOptions): ListCheck {
  let notBefore = 0;
  let running: Promise<void> | undefined;

  async function check(query: CallQuery): Promise<void> {
    const begun = performance.now();
    const checked = await ask(query);
    const seconds = performance.now() - begun;
    notBefore = performance.now() + Math.max(everyMs, everyMs === 0 ? 0 : seconds / MOST_SHARE);
    if (checked === undefined) return;
    const { list, answer, plain } = checked;
    const isEqual = areEqual(answer, plain);
    if (!isEqual) {
      lists.discard(list);
      logger?.error?.(
        // Names of filters only: what they ask for may be the number of somebody.
        {
          filters: Object.keys(query.filter),
          sort: query.sort,
          at: query.at,
          counted: answer.rowCount,
          stored: plain.rowCount,
        },
        'A kept list of calls differed from the database and was thrown away; please report this',
      );
    }
    onChecked?.(isEqual);
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
