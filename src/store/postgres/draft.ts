import { type Call, OPEN_STATUSES } from '../../core/call.ts';
import type { CommandOutcome, HistoryEntry, RepeatGuard } from '../../core/call-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import { CountChange } from './call-counts.ts';
import type { Statement } from './session.ts';
import { UndoLog } from './undo-log.ts';

/** A call that the transaction has locked or makes, and its number as it is compared (search-text.ts: reversed). */
export interface DraftRow {
  call: Call;
  numberReversed: string;
}

export interface DraftEntry extends HistoryEntry {
  callId: number;
}

export interface DraftChange {
  callId: number;
  projectId: number;
  at: EpochSeconds;
}

export interface DraftRepeat {
  guard: RepeatGuard;
  outcome: CommandOutcome;
  now: EpochSeconds;
}

export const isOpen = ({ status }: Pick<Call, 'status'>) => OPEN_STATUSES.some((open) => open === status);

/**
 * What a transaction is going to write. The rows that its commands are about are locked and read first (load-draft.ts), then
 * everything is decided here in memory, then it is written in a few statements (store-draft.ts): three ways to PostgreSQL
 * and back for hundreds of commands, where a statement for each step would need some for every row.
 */
export class Draft {
  /** The last id that was ever given; right only while nobody else makes calls (lanes.ts). */
  readonly lastIdStored: number;
  readonly created = new Map<number, true>();
  readonly updated = new Map<number, true>();
  readonly entries: DraftEntry[] = [];
  readonly changes: DraftChange[] = [];
  readonly repeats = new Map<string, DraftRepeat>();
  /** Of what is no call (capture-records.ts). */
  readonly statements: Statement[] = [];
  readonly #log = new UndoLog();
  readonly #rows = new Map<number, DraftRow>();
  /** As they are stored. */
  readonly #stored = new Map<number, Call>();
  readonly #alike = new Map<string, readonly number[]>();
  readonly #items = new Map<string, readonly number[]>();
  readonly #lastId: Map<'last', number>;

  constructor(lastId: number) {
    this.lastIdStored = lastId;
    this.#lastId = new Map([['last', lastId]]);
  }

  /** Takes in a row as it is stored, and locked. */
  load(row: DraftRow): void {
    if (this.#rows.has(row.call.id)) return;
    this.#stored.set(row.call.id, row.call);
    this.#rows.set(row.call.id, row);
    this.#index(row);
  }

  find(id: number): Call | undefined {
    return this.#rows.get(id)?.call;
  }

  row(id: number): DraftRow | undefined {
    return this.#rows.get(id);
  }

  /** Calls whose lease is over, by id. */
  expired(now: EpochSeconds): Call[] {
    const calls: Call[] = [];
    for (const { call } of this.#rows.values()) {
      if (call.status === 'inprogress' && call.claimedUntil !== null && call.claimedUntil <= now) calls.push(call);
    }
    return calls.sort((a, b) => a.id - b.id);
  }

  /** Calls of a project with this external id and number, open or closed. */
  alike(projectId: number, externalId: string, numberReversed: string): Call[] {
    const key = alikeKey(projectId, externalId, numberReversed);
    return this.#those(this.#alike, key)
      .filter(
        ({ call, numberReversed: number }) =>
          call.projectId === projectId && call.externalId === externalId && number === numberReversed,
      )
      .map(({ call }) => call);
  }

  /** The open missed call of a number; there can be only one. */
  openItem(projectId: number, numberReversed: string): Call | undefined {
    return this.#those(this.#items, itemKey(projectId, numberReversed)).find(
      ({ call, numberReversed: number }) => isItem(call) && isOpen(call) && number === numberReversed,
    )?.call;
  }

  ofExternalId(projectId: number, externalId: string): Call[] {
    const calls: Call[] = [];
    for (const { call } of this.#rows.values()) {
      if (call.projectId === projectId && call.externalId === externalId) calls.push(call);
    }
    return calls.sort((a, b) => a.id - b.id);
  }

  /** Calls that this transaction makes. */
  createdCalls(): Call[] {
    return [...this.created.keys()].map((id) => this.#rows.get(id)?.call as Call);
  }

  /** What becomes of the counts by all that the transaction does. */
  countChange(): CountChange {
    const change = new CountChange();
    for (const [id, { call }] of this.#rows) {
      const stored = this.#stored.get(id);
      if (call !== stored) change.changed(stored, call);
    }
    return change;
  }

  /** The id after the last one that was ever given. */
  nextId(): number {
    return (this.#lastId.get('last') as number) + 1;
  }

  get lastId(): number {
    return this.#lastId.get('last') as number;
  }

  create(row: DraftRow): void {
    this.#put(row);
    this.#log.set(this.created, row.call.id, true);
    if (row.call.id > this.lastId) this.#log.set(this.#lastId, 'last', row.call.id);
  }

  update(row: DraftRow): void {
    this.#put(row);
    if (!this.created.has(row.call.id)) this.#log.set(this.updated, row.call.id, true);
  }

  addEntry(entry: DraftEntry): void {
    this.#log.push(this.entries, entry);
  }

  addChange(change: DraftChange): void {
    this.#log.push(this.changes, change);
  }

  addStatement(statement: Statement): void {
    this.#log.push(this.statements, statement);
  }

  keepRepeat(repeat: DraftRepeat): void {
    this.#log.set(this.repeats, repeatKey(repeat.guard), repeat);
  }

  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    this.#log.set(map, key, value);
  }

  /** Does `work` whole or not at all. */
  attempt<T>(work: () => T, isKept: (result: T) => boolean): T {
    const mark = this.#log.mark();
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#log.undoTo(mark);
      throw error;
    }
    if (!isKept(result)) this.#log.undoTo(mark);
    return result;
  }

  #put(row: DraftRow): void {
    this.#log.set(this.#rows, row.call.id, row);
    this.#index(row);
  }

  /** A row may stand under a key that it no longer has: whoever looks compares. */
  #index({ call, numberReversed }: DraftRow): void {
    const { id, projectId, externalId } = call;
    if (externalId !== null) add(this.#alike, alikeKey(projectId, externalId, numberReversed), id);
    if (isItem(call)) add(this.#items, itemKey(projectId, numberReversed), id);
  }

  #those(index: Map<string, readonly number[]>, key: string): DraftRow[] {
    return (index.get(key) ?? []).map((id) => this.#rows.get(id)).filter((row) => row !== undefined);
  }
}

const isItem = ({ source }: Call) => source === 'missed_call';

export function alikeKey(projectId: number, externalId: string, numberReversed: string): string {
  return JSON.stringify([projectId, externalId, numberReversed]);
}

export function itemKey(projectId: number, numberReversed: string): string {
  return `${projectId} ${numberReversed}`;
}

export function repeatKey({ tokenId, key }: Pick<RepeatGuard, 'tokenId' | 'key'>): string {
  return `${tokenId} ${key}`;
}

function add(index: Map<string, readonly number[]>, key: string, id: number): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, [id]);
  else if (!ids.includes(id)) index.set(key, [...ids, id]);
}
