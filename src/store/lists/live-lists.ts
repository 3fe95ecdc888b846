import type { CallFilter, CallQuery } from '../../core/call-filter.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { AskedBefore } from './asked-before.ts';
import { type ListContent, listOrderOf } from './list-content.ts';
import { UnlistableError } from './list-order.ts';
import { LiveList, listQuestionOf } from './live-list.ts';
import { PageShelf, type ShelfPage } from './page-shelf.ts';
import type { RowChanges } from './row-changes.ts';

export interface ListBounds {
  lists: number;
  /** Ids of all lists together. */
  idBytes: number;
  /** Pages of all lists together. */
  pageBytes: number;
}

/** What takes some seconds to fill on a busy server, and is known to a server of any size. */
export const DEFAULT_BOUNDS: ListBounds = { lists: 512, idBytes: 64 * 1024 ** 2, pageBytes: 192 * 1024 ** 2 };

/** After more changes at once it costs less to begin anew than to follow. */
export const MOST_CHANGES = 2_000;
/** A changed row is held against each list, at a tenth of a microsecond: so much holds up nobody. */
const MOST_TESTS = 200_000;

/** What has become of calls since a list was found; undefined: it is not known. */
export interface ListLag {
  /** From its place in the feed to that of all lists. */
  changes: RowChanges | undefined;
  /** From its instant to that of all lists that move with the clock; only of such a list. */
  turned: RowChanges | undefined;
}

/**
 * The lists of filters that are asked again and again, and the pages of them that lie ready. They show one place of the
 * change feed, in which every change of a call stands, whichever process made it. Whoever asks the database tells what
 * has become of calls since, before anything is answered.
 */
export class LiveLists {
  readonly #bounds: ListBounds;
  readonly #lists = new Map<string, LiveList>();
  readonly #shelf: PageShelf;
  readonly #asked = new AskedBefore();
  readonly #building = new Set<string>();
  /** By the filter itself: one that comes again as the same object has its key already. */
  readonly #keys = new WeakMap<CallFilter, Map<string, string>>();
  /** Of what all lists show: the place in the change feed; and the instant, of those that move with the clock. */
  #sequence = 0;
  #now: EpochSeconds | undefined;
  /** How many lists move with the clock. */
  #clocked = 0;
  #questions = 0;

  constructor(bounds: ListBounds = DEFAULT_BOUNDS) {
    this.#bounds = bounds;
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

  /** The place in the change feed that all lists show. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The instant that lists show which move with the clock; undefined: there are none. */
  get now(): EpochSeconds | undefined {
    return this.#clocked === 0 ? undefined : this.#now;
  }

  /** The list of a question, whatever instant it shows. */
  of(query: CallQuery): LiveList | undefined {
    return this.#lists.get(this.#keyOf(query));
  }

  /** The same, if it shows the instant of the question. */
  ready(query: CallQuery): LiveList | undefined {
    const list = this.#lists.get(this.#keyOf(query));
    if (list === undefined || (list.isClocked && this.#now !== query.moment.now)) return undefined;
    list.usedAt = ++this.#questions;
    return list;
  }

  /**
   * Brings the lists to another place in the change feed.
   * @param changes of the calls between the two, as they are now; undefined: not known, so that no list is kept
   */
  follow(sequence: number, changes: RowChanges | undefined): void {
    if (changes === undefined) this.clear();
    else this.#bringIn(changes, [...this.#lists.values()]);
    this.#sequence = sequence;
  }

  /**
   * Brings the lists that move with the clock to another instant.
   * @param turned the calls that the clock moves between the two; undefined: not known, so that none of them is kept
   */
  turnClock(now: EpochSeconds, turned: RowChanges | undefined): void {
    const clocked = [...this.#lists.values()].filter(({ isClocked }) => isClocked);
    this.#now = now;
    if (turned === undefined) for (const list of clocked) this.discard(list);
    else this.#bringIn(turned, clocked);
  }

  /**
   * Told of every question that SQL has answered: the first one of a filter is no reason for a list, whatever its page.
   * Who reads page after page has asked for one before.
   * @returns whether a list is to be made of it
   */
  isWanted(query: CallQuery): boolean {
    const key = this.#keyOf(query);
    if (!this.#asked.isAgain(key)) return false;
    return !this.#building.has(key) && !this.#asked.isHopeless(key);
  }

  /**
   * Has a list found and adopted, unless as many are being found as may be at the same time. When that fails, whoever asks
   * is answered by SQL, and who asks again has it tried again.
   */
  build(query: CallQuery, most: number, find: () => Promise<void>): void {
    const key = this.#keyOf(query);
    if (this.#building.has(key) || this.#building.size >= most) return;
    this.#building.add(key);
    find()
      .catch(() => undefined)
      .finally(() => this.#building.delete(key));
  }

  /** The list of a question cannot be kept, and is not to be found again. */
  giveUp(query: CallQuery): void {
    this.#asked.giveUp(this.#keyOf(query));
  }

  /** Takes a list in, and brings in what changed since it was found. */
  adopt(query: CallQuery, content: ListContent, { changes, turned }: ListLag): void {
    const key = this.#keyOf(query);
    const question = listQuestionOf(query);
    const list = new LiveList(key, question, listOrderOf(question, content));
    if (changes === undefined || (list.isClocked && turned === undefined)) return;
    const known = this.#lists.get(key);
    if (known !== undefined) this.discard(known);
    this.#lists.set(key, list);
    list.usedAt = ++this.#questions;
    if (list.isClocked) {
      if (this.#clocked === 0) this.#now = content.now;
      this.#clocked += 1;
    }
    if (list.isClocked && turned !== undefined) this.#bringIn(turned, [list]);
    this.#bringIn(changes, [list]);
    this.#makeRoom();
  }

  page(list: LiveList, limit: number, index: number): ShelfPage | undefined {
    return this.#shelf.get(list, limit, index);
  }

  /** Whether a page lay ready until a change took it away. */
  isPageChanged(list: LiveList, limit: number, index: number): boolean {
    return this.#shelf.isChanged(list, limit, index);
  }

  keepPage(list: LiveList, limit: number, index: number, page: ShelfPage): void {
    if (this.#lists.get(list.key) === list) this.#shelf.put(list, limit, index, page);
  }

  discard(list: LiveList): void {
    this.#shelf.drop(list, { from: 0, to: Number.POSITIVE_INFINITY });
    if (this.#lists.get(list.key) !== list) return;
    this.#lists.delete(list.key);
    if (list.isClocked) this.#clocked -= 1;
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
    if (moved === undefined || list.pages.size === 0) return;
    this.#shelf.drop(list, moved);
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
