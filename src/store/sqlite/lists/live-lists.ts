import type { CallFilter, CallQuery } from '../../../core/call-filter.ts';
import type { EpochSeconds } from '../../../core/clock.ts';
import type { Connection } from '../connection.ts';
import { lastSequence } from '../journal.ts';
import type { SqlValue } from '../row-columns.ts';
import { AskedBefore } from './asked-before.ts';
import { type ListContent, listOrderOf, readListContent } from './build-list.ts';
import { changedBetween, type RowChanges, turnedBetween } from './follow-feed.ts';
import { UnlistableError } from './list-order.ts';
import { LiveList, listQuestionOf } from './live-list.ts';
import { PageShelf, type ShelfPage } from './page-shelf.ts';

export interface ListBounds {
  lists: number;
  /** Ids of all lists together. */
  idBytes: number;
  /** Pages of all lists together. */
  pageBytes: number;
}

/** What takes some seconds to fill on a busy server, and is known to a server of any size. */
export const DEFAULT_BOUNDS: ListBounds = { lists: 512, idBytes: 64 * 1024 ** 2, pageBytes: 192 * 1024 ** 2 };

export interface LiveListsOptions {
  /** The connection that answers; nothing is written to `calls` over it. */
  connection: Connection;
  /** Called before anything new is looked at; what it throws is thrown by whatever wanted that. */
  guard: () => void;
  bounds?: ListBounds | undefined;
  /** Finds the ids of a long list somewhere else; without it only short lists are kept. */
  build?: ((query: CallQuery) => Promise<ListContent | undefined>) | undefined;
}

/** A list of so many calls is found in a moment, within the question that wants it. */
const FEW = 2_000;
/** After more changes at once it costs less to begin anew than to follow. */
const MOST_CHANGES = 2_000;
/** A changed row is held against each list, at a tenth of a microsecond: so much holds up nobody. */
const MOST_TESTS = 200_000;
/** Lists that are being found at the same time. */
const MOST_BUILDING = 64;

/**
 * The lists of filters that are asked again and again, kept exact by the change feed, in which every change of a call
 * stands, whichever process made it: before anything is answered, what was committed since is brought in.
 */
export class LiveLists {
  readonly #connection: Connection;
  readonly #guard: () => void;
  readonly #bounds: ListBounds;
  readonly #build: LiveListsOptions['build'];
  readonly #lists = new Map<string, LiveList>();
  readonly #shelf: PageShelf;
  readonly #asked = new AskedBefore();
  readonly #building = new Set<string>();
  /** By the filter itself: one that comes again as the same object has its key already. */
  readonly #keys = new WeakMap<CallFilter, Map<string, string>>();
  /** Of what all lists show: the place in the change feed; and the instant, of those that move with the clock. */
  #sequence = 0;
  #now: EpochSeconds | undefined;
  /** Of the database, when the lists were brought up to date. */
  #dataVersion: SqlValue = null;
  #questions = 0;

  constructor({ connection, guard, bounds = DEFAULT_BOUNDS, build }: LiveListsOptions) {
    this.#connection = connection;
    this.#guard = guard;
    this.#bounds = bounds;
    this.#build = build;
    this.#shelf = new PageShelf(bounds.pageBytes);
  }

  get size(): number {
    return this.#lists.size;
  }

  get bytes(): number {
    let bytes = this.#shelf.bytes;
    for (const list of this.#lists.values()) bytes += list.bytes;
    return bytes;
  }

  get sequence(): number {
    return this.#sequence;
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
    const sequence = lastSequence(this.#connection);
    if (this.#lists.size > 0 && sequence !== this.#sequence) {
      const changes = changedBetween(this.#connection, this.#sequence, sequence, MOST_CHANGES);
      if (changes === undefined) this.clear();
      else this.#bringIn(changes, [...this.#lists.values()]);
    }
    this.#sequence = sequence;
    this.#dataVersion = dataVersion;
  }

  /** The list that answers a question, when the lists are fresh and it shows the instant of the question. */
  ready(query: CallQuery): LiveList | undefined {
    const list = this.#lists.get(this.#keyOf(query));
    if (list === undefined || (list.isClocked && this.#now !== query.moment.now)) return undefined;
    list.usedAt = ++this.#questions;
    return list;
  }

  /** The same after `follow`, in its transaction: the clock may be moved, and a list made that is wanted again. */
  find(query: CallQuery): LiveList | undefined {
    const key = this.#keyOf(query);
    const list = this.#lists.get(key);
    if (list?.isClocked === true) this.#moveClock(query.moment.now);
    return this.ready(query);
  }

  /**
   * Told of every question that SQL has answered. In its transaction.
   * @param rowCount how many calls match
   */
  missed(query: CallQuery, rowCount: number): void {
    const key = this.#keyOf(query);
    const isLaterPage = 'page' in query.at ? query.at.page > 1 : query.at.afterId > 0;
    if (!this.#asked.isAgain(key) && !isLaterPage) return;
    if (this.#building.has(key) || this.#asked.isHopeless(key)) return;
    if (rowCount <= FEW) {
      this.#adopt(key, query, readListContent(this.#connection, listQuestionOf(query), query.moment.now));
    } else if (this.#build !== undefined && this.#building.size < MOST_BUILDING) {
      this.#building.add(key);
      this.#build(query)
        .then((content) => this.#connection.isOpen && this.#connection.read(() => this.#arrived(key, query, content)))
        // Whoever asks is answered by SQL, and who asks again has it tried again.
        .catch(() => undefined)
        .finally(() => this.#building.delete(key));
    }
  }

  page(list: LiveList, limit: number, index: number): ShelfPage | undefined {
    return this.#shelf.get(list, limit, index);
  }

  keepPage(list: LiveList, limit: number, index: number, page: ShelfPage): void {
    if (this.#lists.get(list.key) === list) this.#shelf.put(list, limit, index, page);
  }

  discard(list: LiveList): void {
    this.#shelf.drop(list, { from: 0, to: Number.POSITIVE_INFINITY });
    if (this.#lists.get(list.key) === list) this.#lists.delete(list.key);
  }

  clear(): void {
    for (const list of [...this.#lists.values()]) this.discard(list);
  }

  #keyOf(query: CallQuery): string {
    const { filter, sort, pbxConnected } = listQuestionOf(query);
    const variant = filter.waitingFor !== undefined && pbxConnected ? `${sort}+` : sort;
    const known = this.#keys.get(filter);
    let key = known?.get(variant);
    if (key === undefined) {
      key = `${variant} ${JSON.stringify(filter)}`;
      if (known === undefined) this.#keys.set(filter, new Map([[variant, key]]));
      else known.set(variant, key);
    }
    return key;
  }

  #arrived(key: string, query: CallQuery, content: ListContent | undefined): void {
    this.follow();
    this.#adopt(key, query, content);
  }

  /** Takes a list in, and brings in what changed since it was found. */
  #adopt(key: string, query: CallQuery, content: ListContent | undefined): void {
    if (content === undefined) {
      this.#asked.giveUp(key);
      return;
    }
    const question = listQuestionOf(query);
    const list = new LiveList(key, question, listOrderOf(question, content));
    const changes = changedBetween(this.#connection, content.sequence, this.#sequence, MOST_CHANGES);
    if (changes === undefined) return;
    this.#lists.set(key, list);
    list.usedAt = ++this.#questions;
    if (list.isClocked) {
      this.#now ??= content.now;
      const turned = turnedBetween(this.#connection, content.now, this.#now, MOST_CHANGES);
      if (turned === undefined) this.discard(list);
      else this.#bringIn(turned, [list]);
    }
    this.#bringIn(changes, [list]);
    this.#makeRoom();
  }

  #moveClock(now: EpochSeconds): void {
    if (this.#now === now) return;
    const clocked = [...this.#lists.values()].filter(({ isClocked }) => isClocked);
    const turned = this.#now === undefined ? undefined : turnedBetween(this.#connection, this.#now, now, MOST_CHANGES);
    this.#now = now;
    if (turned === undefined) for (const list of clocked) this.discard(list);
    else this.#bringIn(turned, clocked);
  }

  #bringIn({ rows, gone }: RowChanges, lists: readonly LiveList[]): void {
    const count = rows.length + gone.length;
    if (count === 0) return;
    const most = Math.max(1, Math.floor(MOST_TESTS / count));
    const followed = lists.length <= most ? lists : this.#usedLast(lists, most);
    for (const list of followed) {
      try {
        for (const row of rows) this.#moved(list, list.put(row, this.#now ?? 0));
        for (const id of gone) this.#moved(list, list.remove(id));
      } catch (error) {
        if (!(error instanceof UnlistableError)) throw error;
        this.discard(list);
      }
    }
  }

  /** Those asked for last; all others are thrown away. */
  #usedLast(lists: readonly LiveList[], most: number): readonly LiveList[] {
    const byUse = lists.toSorted((a, b) => b.usedAt - a.usedAt);
    for (const list of byUse.slice(most)) this.discard(list);
    return byUse.slice(0, most);
  }

  #moved(list: LiveList, moved: ReturnType<LiveList['put']>): void {
    if (moved !== undefined && list.pages.size > 0) this.#shelf.drop(list, moved);
  }

  #makeRoom(): void {
    let bytes = 0;
    for (const list of this.#lists.values()) bytes += list.bytes;
    if (this.#lists.size <= this.#bounds.lists && bytes <= this.#bounds.idBytes) return;
    for (const list of [...this.#lists.values()].sort((a, b) => a.usedAt - b.usedAt)) {
      if (this.#lists.size <= this.#bounds.lists && bytes <= this.#bounds.idBytes) return;
      bytes -= list.bytes;
      this.discard(list);
    }
  }
}
