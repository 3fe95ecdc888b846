import type { CallQuery } from '../../../core/call-filter.ts';
import type { CallPage, RenderedPage } from '../../../core/call-store.ts';
import type { EpochSeconds } from '../../../core/clock.ts';
import { idsOfPage, keepPage, readyPage } from '../../lists/list-pages.ts';
import type { LiveList } from '../../lists/live-list.ts';
import type { LiveLists } from '../../lists/live-lists.ts';
import { NO_CHANGES } from '../../lists/row-changes.ts';
import { movesWithClock } from '../../lists/row-test.ts';
import type { Database } from '../database.ts';
import type { DerivedGuard } from '../derived-guard.ts';
import type { Session } from '../session.ts';
import type { FoundList } from './find-list.ts';
import { type Look, look, type Standing, standing, type Wanted } from './look.ts';

/** What a list has answered, and the place in the change feed that it shows. */
export interface ListAnswer<Page> {
  list: LiveList;
  sequence: number;
  page: Page;
}

interface Waiting {
  query: CallQuery;
  /** Whether the page is wanted as calls, and not as it is sent. */
  asCalls: boolean;
  /** Rounds that had no answer, as changes overtook them. */
  rounds: number;
  /** Undefined: no list knows, and SQL is to answer. */
  resolve(answer: Answer | undefined): void;
  reject(reason: unknown): void;
}

/** A list that was found, and that is to be brought to the place of the others. */
interface Arrival {
  query: CallQuery;
  found: FoundList;
  resolve(): void;
  reject(reason: unknown): void;
}

/** What a round asks for beside what has changed. */
interface Plan extends Pick<Wanted, 'clock'> {
  /** Pages that do not lie ready. */
  pages: readonly WantedPage[];
  /** The instant that lists are to show which move with the clock. */
  now: EpochSeconds | undefined;
  /** Whose pages are asked for in the next round, as one answer would be too large. */
  postponed: ReadonlySet<Waiting>;
}

interface WantedPage {
  list: LiveList;
  asCalls: boolean;
  ids: readonly number[];
}

type Answer = ListAnswer<RenderedPage | CallPage>;

const MOST_ROUNDS = 3;
/** Calls of all pages that one statement answers: some megabytes. */
const MOST_ROWS = 10_000;

/**
 * Answers from lists in rounds: all that wait share one look at the database, which is sent when all of them have come, so
 * that an answer is never older than its question, whichever instance has changed what. Who comes meanwhile is in the next
 * round. Only a round changes lists, and only after what it has asked for has come.
 */
export class ListRounds {
  readonly #database: Database;
  readonly #guard: DerivedGuard;
  readonly #lists: LiveLists;
  #waiting: Waiting[] = [];
  #arrivals: Arrival[] = [];
  #isRunning = false;
  /** The database that the lists were read from, and how many connections to it had been lost. */
  #server: string | undefined;
  #losses = 0;

  constructor(database: Database, guard: DerivedGuard, lists: LiveLists) {
    this.#database = database;
    this.#guard = guard;
    this.#lists = lists;
  }

  /** The page of a question as it is sent; undefined: no list knows. */
  page(query: CallQuery): Promise<ListAnswer<RenderedPage> | undefined> {
    return this.#ask(query, false) as Promise<ListAnswer<RenderedPage> | undefined>;
  }

  /** The same as calls. */
  calls(query: CallQuery): Promise<ListAnswer<CallPage> | undefined> {
    return this.#ask(query, true) as Promise<ListAnswer<CallPage> | undefined>;
  }

  /** Takes a list in. Resolves when it can answer, or was found to be of no use. */
  arrived(query: CallQuery, found: FoundList): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#arrivals.push({ query, found, resolve, reject });
      this.#start();
    });
  }

  async #ask(query: CallQuery, asCalls: boolean): Promise<Answer | undefined> {
    if (this.#lists.of(query) === undefined) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, asCalls, rounds: 0, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // After everybody else of this turn of the event loop.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#arrivals.length > 0) {
      const [waiting, arrivals] = [this.#waiting, this.#arrivals];
      [this.#waiting, this.#arrivals] = [[], []];
      try {
        await this.#database.ask((session) => this.#round(session, waiting, arrivals));
      } catch (error) {
        for (const { reject } of [...waiting, ...arrivals]) reject(error);
      }
    }
    this.#isRunning = false;
  }

  async #round(session: Session, waiting: readonly Waiting[], arrivals: readonly Arrival[]): Promise<void> {
    const plan = this.#planFor(waiting, arrivals);
    if (arrivals.length === 0 && plan.pages.length === 0 && plan.clock === undefined) {
      const place = await standing(session);
      this.#requireSame(place);
      if (place.sequence === this.#lists.sequence) {
        this.#answer(waiting, plan, undefined);
        return;
      }
    }
    const found = await look(session, this.#wantedBy(plan, arrivals));
    this.#requireSame(found);
    this.#bringIn(found, plan, arrivals);
    this.#answer(waiting, plan, found);
  }

  #planFor(waiting: readonly Waiting[], arrivals: readonly Arrival[]): Plan {
    const lists = this.#lists;
    const clocked = waiting.find(({ query }) => lists.of(query)?.isClocked === true);
    const now = clocked?.query.moment.now ?? lists.now;
    const pages: WantedPage[] = [];
    const postponed = new Set<Waiting>();
    let rows = 0;
    for (const one of waiting) {
      const { query, asCalls } = one;
      const list = lists.of(query);
      if (list === undefined || (list.isClocked && query.moment.now !== now)) continue;
      if (!asCalls && readyPage(lists, list, query) !== undefined) continue;
      const ids = idsOfPage(list, query);
      if (ids.length === 0 || pageOf(pages, list, asCalls, ids) !== undefined) continue;
      if (rows > 0 && rows + ids.length > MOST_ROWS) {
        postponed.add(one);
        continue;
      }
      rows += ids.length;
      pages.push({ list, asCalls, ids });
    }
    const instants = [now, lists.now, ...arrivals.filter(isClocked).map(({ found }) => found.content.now)];
    const known = instants.filter((instant) => instant !== undefined);
    const [from, to] = [Math.min(...known), Math.max(...known)];
    return { pages, postponed, now, clock: known.length > 0 && from < to ? { from, to } : undefined };
  }

  #wantedBy({ pages, clock }: Plan, arrivals: readonly Arrival[]): Wanted {
    const { size, sequence } = this.#lists;
    const places = arrivals.map(({ found }) => found.content.sequence);
    const idsOf = (wantAsCalls: boolean) =>
      pages.filter(({ asCalls }) => asCalls === wantAsCalls).map(({ ids }) => ids);
    return {
      // What a call has become may be brought in again, so that all lists can be told the same.
      since: Math.min(...(size > 0 || places.length === 0 ? [sequence, ...places] : places)),
      clock,
      pages: idsOf(false),
      calls: idsOf(true),
    };
  }

  /** Nothing is kept that was read from a database that may have lost what it had acknowledged, or by other settings. */
  #requireSame({ server, derived }: Standing): void {
    const { losses } = this.#database;
    if (server !== this.#server || losses !== this.#losses) this.#lists.clear();
    this.#server = server;
    this.#losses = losses;
    try {
      this.#guard.check(derived);
    } catch (error) {
      this.#lists.clear();
      throw error;
    }
  }

  #bringIn({ sequence, changes, turned }: Look, { now }: Plan, arrivals: readonly Arrival[]): void {
    const lists = this.#lists;
    lists.follow(sequence, changes);
    if (now !== undefined && now !== lists.now) lists.turnClock(now, turned);
    for (const { query, found, resolve } of arrivals) {
      const isSame = found.server === this.#server && found.losses === this.#losses;
      if (isSame) lists.adopt(query, found.content, { changes, turned: isClocked({ query }) ? turned : NO_CHANGES });
      resolve();
    }
  }

  #answer(waiting: readonly Waiting[], { pages, postponed }: Plan, found: Look | undefined): void {
    const [asSent, asCalls] = [pages.filter((page) => !page.asCalls), pages.filter((page) => page.asCalls)];
    for (const one of waiting) {
      const { query } = one;
      if (this.#lists.of(query) === undefined) {
        one.resolve(undefined);
        continue;
      }
      const list = this.#lists.ready(query);
      const page =
        list &&
        (one.asCalls ? callsOf(list, query, asCalls, found?.calls) : this.#sent(list, query, asSent, found?.pages));
      if (list !== undefined && page !== undefined) one.resolve({ list, sequence: this.#lists.sequence, page });
      else if (postponed.has(one)) this.#waiting.push(one);
      else this.#again(one);
    }
  }

  #sent(
    list: LiveList,
    query: CallQuery,
    pages: readonly WantedPage[],
    found: Look['pages'] | undefined,
  ): RenderedPage | undefined {
    const ready = readyPage(this.#lists, list, query);
    if (ready !== undefined) return ready;
    const ids = idsOfPage(list, query);
    const wanted = pageOf(pages, list, false, ids);
    const json = wanted && found?.[pages.indexOf(wanted)];
    if (json === undefined) return undefined;
    const page = { rowCount: list.length, length: ids.length, lastId: ids.at(-1) as number, json };
    keepPage(this.#lists, list, query, page);
    return page;
  }

  #again(one: Waiting): void {
    one.rounds += 1;
    if (one.rounds === MOST_ROUNDS) one.resolve(undefined);
    else this.#waiting.push(one);
  }
}

function callsOf(
  list: LiveList,
  query: CallQuery,
  pages: readonly WantedPage[],
  found: Look['calls'] | undefined,
): CallPage | undefined {
  const ids = idsOfPage(list, query);
  if (ids.length === 0) return { rowCount: list.length, calls: [] };
  const wanted = pageOf(pages, list, true, ids);
  const calls = wanted && found?.[pages.indexOf(wanted)];
  return calls && { rowCount: list.length, calls: [...calls] };
}

/** The page of a list that has these ids. */
function pageOf(
  pages: readonly WantedPage[],
  list: LiveList,
  asCalls: boolean,
  ids: readonly number[],
): WantedPage | undefined {
  return pages.find(
    (page) =>
      page.list === list &&
      page.asCalls === asCalls &&
      page.ids.length === ids.length &&
      page.ids.every((id, place) => id === ids[place]),
  );
}

function isClocked({ query }: Pick<Arrival, 'query'>): boolean {
  return movesWithClock(query.filter);
}
