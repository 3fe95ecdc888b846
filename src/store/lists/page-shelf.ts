/** Rows of a list as they are sent. */
export interface ShelfPage {
  readonly length: number;
  readonly lastId: number;
  readonly json: Uint8Array;
}

interface Place {
  page: ShelfPage;
  list: ShelvedList;
  limit: number;
  index: number;
  /** Asked for since it was looked at last. */
  isUsed: boolean;
}

/** Pages of one list, by their size and number, from 0; null: it lay ready until a change took it away. */
export type ListPages = Map<number, Map<number, Place | null>>;

/** What pages belong to. */
export interface ShelvedList {
  readonly pages: ListPages;
}

/** What a page takes beside its bytes. */
const PLACE_BYTES = 300;

/** Pages that lie ready to be sent, of all lists together, within a bound. */
export class PageShelf {
  readonly #mostBytes: number;
  /** In the order in which they came, or were found to be in use. */
  readonly #places = new Set<Place>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(list: ShelvedList, limit: number, index: number): ShelfPage | undefined {
    const place = list.pages.get(limit)?.get(index);
    if (place === undefined || place === null) return undefined;
    // A mark costs a tenth of putting it at the end at each use.
    place.isUsed = true;
    return place.page;
  }

  put(list: ShelvedList, limit: number, index: number, page: ShelfPage): void {
    const ofLimit = list.pages.get(limit) ?? new Map<number, Place | null>();
    list.pages.set(limit, ofLimit);
    const place = { page, list, limit, index, isUsed: false };
    ofLimit.set(index, place);
    this.#places.add(place);
    this.#bytes += page.json.byteLength + PLACE_BYTES;
    this.#makeRoom();
  }

  /** Whether a page lay ready until a change took it away. */
  isChanged(list: ShelvedList, limit: number, index: number): boolean {
    return list.pages.get(limit)?.get(index) === null;
  }

  /** Takes away the pages that hold places of a list, which have changed. */
  drop(list: ShelvedList, { from, to }: { from: number; to: number }): void {
    for (const [limit, ofLimit] of list.pages) {
      const first = Math.floor(from / limit);
      if (to - from < limit) {
        // Nearly always one page: not worth looking at all.
        for (let index = first; index * limit <= to; index++) this.#change(ofLimit, index);
      } else {
        for (const index of ofLimit.keys()) if (index >= first && index * limit <= to) this.#change(ofLimit, index);
      }
    }
  }

  #change(ofLimit: Map<number, Place | null>, index: number): void {
    const place = ofLimit.get(index);
    if (place === undefined || place === null) return;
    this.#take(place);
    // In its place: who goes through all of them must not meet it again at the end.
    ofLimit.set(index, null);
  }

  #take(place: Place): void {
    if (!this.#places.delete(place)) return;
    this.#bytes -= place.page.json.byteLength + PLACE_BYTES;
  }

  /** The oldest goes, unless it was asked for meanwhile: then it is as good as new. */
  #makeRoom(): void {
    for (const place of this.#places) {
      if (this.#bytes <= this.#mostBytes) return;
      if (place.isUsed) {
        place.isUsed = false;
        this.#places.delete(place);
        this.#places.add(place);
      } else {
        this.#take(place);
        place.list.pages.get(place.limit)?.delete(place.index);
      }
    }
  }
}
