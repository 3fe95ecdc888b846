import type { Sort } from '../../../client/src/contract.ts';
import type { CallFilter, CallQuery } from '../../core/call-filter.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { ListOrder, Moved } from './list-order.ts';
import type { ListRow } from './list-row.ts';
import type { ListPages } from './page-shelf.ts';
import { createRowTest, movesWithClock, type RowTest } from './row-test.ts';

/** What a list is the answer to, whatever page is asked for. */
export interface ListQuestion {
  filter: CallFilter;
  sort: Sort;
  pbxConnected: boolean;
}

/** What follows a cursor is in order of id, whatever the sort. */
export function listQuestionOf({ filter, sort, at, moment }: CallQuery): ListQuestion {
  return { filter, sort: 'page' in at ? sort : 'id', pbxConnected: moment.pbxConnected };
}

/** All calls that match a filter, in an order, kept true as calls change. */
export class LiveList {
  readonly key: string;
  readonly question: ListQuestion;
  /** Whether calls come and go by themselves as time goes by. */
  readonly isClocked: boolean;
  readonly pages: ListPages = new Map();
  /** When it was asked for last, as a count of questions. */
  usedAt = 0;
  readonly #order: ListOrder;
  readonly #test: RowTest;

  constructor(key: string, question: ListQuestion, order: ListOrder) {
    this.key = key;
    this.question = question;
    this.isClocked = movesWithClock(question.filter);
    this.#order = order;
    this.#test = createRowTest(question.filter, question.pbxConnected);
  }

  get length(): number {
    return this.#order.length;
  }

  get bytes(): number {
    return this.#order.bytes + this.key.length * 4 + 1_000;
  }

  /** Where the page of a question begins. */
  startOf({ at, limit }: Pick<CallQuery, 'at' | 'limit'>): number {
    return 'page' in at ? (at.page - 1) * limit : this.#order.countThrough(at.afterId);
  }

  /** Ids of places `from` to, not including, `to`. */
  ids(from: number, to: number): number[] {
    return this.#order.slice(from, to);
  }

  /** Brings in what a row has become. @throws UnlistableError */
  put(row: ListRow, now: EpochSeconds): Moved | undefined {
    return this.#order.put(row, this.#test(row, now));
  }

  /** @throws UnlistableError */
  remove(id: number): Moved | undefined {
    return this.#order.remove(id);
  }
}
