import type { CallQuery } from '../../../core/call-filter.ts';
import type { EpochSeconds } from '../../../core/clock.ts';
import type { ListContent } from '../../lists/list-content.ts';
import { type LiveList, listQuestionOf } from '../../lists/live-list.ts';
import { type LiveLists, MOST_CHANGES } from '../../lists/live-lists.ts';
import { NO_CHANGES } from '../../lists/row-changes.ts';
import { movesWithClock } from '../../lists/row-test.ts';
import type { Connection } from '../connection.ts';
import { lastSequence } from '../journal.ts';
import type { SqlValue } from '../row-columns.ts';
import { readListContent } from './build-list.ts';
import { changedBetween, turnedBetween } from './follow-feed.ts';
import type { KeptRows } from './kept-rows.ts';

export interface ListFollowerOptions {
  /** The connection that answers; nothing is written to `calls` over it. */
  connection: Connection;
  lists: LiveLists;
  rows: KeptRows;
  /** Called before anything new is looked at; what it throws is thrown by whatever wanted that. */
  guard: () => void;
  /** Finds the ids of a long list somewhere else; without it only short lists are kept. */
  build?: ((query: CallQuery) => Promise<ListContent | undefined>) | undefined;
}

/** A list of so many calls is found in a moment, within the question that wants it. */
const FEW = 2_000;
/** Lists that are being found at the same time. */
const MOST_BUILDING = 64;

/** Keeps lists exact: before anything is answered, what was committed since is brought in. */
export class ListFollower {
  readonly #connection: Connection;
  readonly #lists: LiveLists;
  readonly #rows: KeptRows;
  readonly #guard: () => void;
  readonly #build: ListFollowerOptions['build'];
  /** Of the database, when the lists were brought up to date. */
  #dataVersion: SqlValue = null;

  constructor({ connection, lists, rows, guard, build }: ListFollowerOptions) {
    this.#connection = connection;
    this.#lists = lists;
    this.#rows = rows;
    this.#guard = guard;
    this.#build = build;
  }

  /** Whether nothing was committed since the lists were brought up to date. Costs 2 us, or up to 7 where caches are cold. */
  isFresh(): boolean {
    return this.#dataVersion !== null && this.#connection.value('PRAGMA data_version') === this.#dataVersion;
  }

  /** Brings in what was committed since. Within the read transaction that answers. */
  follow(): void {
    const dataVersion = this.#connection.value('PRAGMA data_version');
    if (dataVersion === this.#dataVersion) return;
    this.#guard();
    const lists = this.#lists;
    const sequence = lastSequence(this.#connection);
    if (lists.size > 0) {
      const changes = changedBetween(this.#connection, lists.sequence, sequence, MOST_CHANGES);
      this.#rows.follow(changes);
      lists.follow(sequence, changes);
    } else {
      this.#rows.follow(undefined);
      lists.follow(sequence, NO_CHANGES);
    }
    this.#dataVersion = dataVersion;
  }

  /** The list that answers a question. After `follow`, in its transaction. */
  find(query: CallQuery): LiveList | undefined {
    if (this.#lists.of(query)?.isClocked === true) this.#turnClock(query.moment.now);
    return this.#lists.ready(query);
  }

  /**
   * Told of every question that SQL has answered. In its transaction.
   * @param rowCount how many calls match
   */
  missed(query: CallQuery, rowCount: number): void {
    if (!this.#lists.isWanted(query)) return;
    if (rowCount <= FEW) {
      this.#adopt(query, readListContent(this.#connection, listQuestionOf(query), query.moment.now));
      return;
    }
    const build = this.#build;
    if (build === undefined) return;
    this.#lists.build(query, MOST_BUILDING, async () => {
      const content = await build(query);
      if (!this.#connection.isOpen) return;
      this.#connection.read(() => {
        this.follow();
        this.#adopt(query, content);
      });
    });
  }

  #adopt(query: CallQuery, content: ListContent | undefined): void {
    if (content === undefined) {
      this.#lists.giveUp(query);
      return;
    }
    const { sequence, now = content.now } = this.#lists;
    this.#lists.adopt(query, content, {
      changes: changedBetween(this.#connection, content.sequence, sequence, MOST_CHANGES),
      turned: movesWithClock(query.filter)
        ? turnedBetween(this.#connection, content.now, now, MOST_CHANGES)
        : NO_CHANGES,
    });
  }

  #turnClock(now: EpochSeconds): void {
    const before = this.#lists.now;
    if (before === now) return;
    const turned = before === undefined ? undefined : turnedBetween(this.#connection, before, now, MOST_CHANGES);
    this.#lists.turnClock(now, turned);
  }
}
