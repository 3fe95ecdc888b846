import type { SaveOutcome } from '../../client/src/contract.ts';
import type { CallStore, ImportSession, NewCall } from '../core/call-store.ts';
import { DuplicateCallError } from '../core/errors.ts';
import type { FileRow } from '../wire/row-file/file-row.ts';

export interface ImportOptions {
  store: Pick<CallStore, 'beginImport'>;
  rows: AsyncIterable<FileRow>;
  /** Makes a call of a row, or tells what is wrong with it. */
  parse(row: FileRow): NewCall | readonly string[];
  /** How long after a call was closed the same row makes no second one; default 0. */
  repeatWindowSeconds?: number;
  /** Rows of one transaction; undefined: all. */
  batch?: number | undefined;
  /** Check everything, store nothing. */
  dryRun: boolean;
  /** Store the good rows although there are bad ones. */
  skipBad: boolean;
  onBad(row: FileRow, mistakes: readonly string[]): void;
  /** Called after every piece of work with the number of rows read so far. */
  onProgress(rows: number): void;
  /** Aborted: nothing of the running transaction is kept. */
  signal: AbortSignal;
}

export interface ImportOutcome {
  read: number;
  bad: number;
  /** How many rows were taken over by transactions that are kept. */
  stored: number;
  /** What became of those: an open call that is imported again is no second one. */
  outcomes: Readonly<Record<SaveOutcome, number>>;
  /** Whether `signal` ended it. */
  isInterrupted: boolean;
}

/** Rows that travel to the store at a time: enough to make the way cheap, few enough to stop soon. */
const PIECE = 200;

/**
 * Stores the rows of a file: all of them in one transaction unless `batch` says otherwise, and nothing when a row is bad
 * unless `skipBad`. Reads on after the first bad row, so that all can be mended at once.
 *
 * @throws RowFileError, StoreUnavailableError; nothing of the running transaction is kept then
 */
export async function importCalls(options: ImportOptions): Promise<ImportOutcome> {
  const { batch = Number.POSITIVE_INFINITY, dryRun, skipBad, signal } = options;
  const outcomes = { created: 0, updated: 0, unchanged: 0, in_progress: 0 };
  const outcome: ImportOutcome = { read: 0, bad: 0, stored: 0, outcomes, isInterrupted: false };
  const transaction = new Transaction(options.store, options.repeatWindowSeconds ?? 0);
  let piece: { row: FileRow; call: NewCall }[] = [];

  const isHopeless = () => outcome.bad > 0 && !skipBad;
  const refuse = async (row: FileRow, mistakes: readonly string[]) => {
    outcome.bad++;
    options.onBad(row, mistakes);
    // The lock is worth giving back: from here on rows are only looked at.
    if (isHopeless()) await transaction.rollback();
  };
  const flush = async () => {
    const rows = piece;
    piece = [];
    for (let rest = rows; rest.length > 0 && !isHopeless(); ) {
      const duplicate = await transaction.add(rest.map(({ call }) => call));
      if (duplicate === undefined) break;
      // What stands before the duplicate has just been found good.
      const good = rest.slice(0, duplicate.index);
      if (good.length > 0) await transaction.add(good.map(({ call }) => call));
      await refuse((rest[duplicate.index] as (typeof rest)[number]).row, [duplicate.message]);
      rest = rest.slice(duplicate.index + 1);
    }
    options.onProgress(outcome.read);
  };
  const commit = async () => {
    await flush();
    if (dryRun || isHopeless()) return;
    const kept = await transaction.commit();
    outcome.stored += kept.length;
    for (const word of kept) outcomes[word] += 1;
  };

  try {
    for await (const row of options.rows) {
      if (signal.aborted) break;
      outcome.read++;
      const call = row.mistake === undefined ? options.parse(row) : [row.mistake];
      if (Array.isArray(call)) await refuse(row, call);
      else if (!isHopeless()) piece.push({ row, call: call as NewCall });
      if (transaction.size + piece.length >= batch) await commit();
      else if (piece.length >= PIECE) await flush();
      else if (outcome.read % PIECE === 0) options.onProgress(outcome.read);
    }
    outcome.isInterrupted = signal.aborted;
    if (!signal.aborted) await commit();
    return outcome;
  } finally {
    await transaction.rollback();
  }
}

/** A transaction that begins with its first call. */
class Transaction {
  readonly #store: ImportOptions['store'];
  readonly #repeatWindowSeconds: number;
  #session: ImportSession | undefined;
  #outcomes: SaveOutcome[] = [];

  constructor(store: ImportOptions['store'], repeatWindowSeconds: number) {
    this.#store = store;
    this.#repeatWindowSeconds = repeatWindowSeconds;
  }

  /** How many calls it holds. */
  get size(): number {
    return this.#outcomes.length;
  }

  /** Adds all, or none and answers the first duplicate. */
  async add(calls: readonly NewCall[]): Promise<DuplicateCallError | undefined> {
    this.#session ??= await this.#store.beginImport({ repeatWindowSeconds: this.#repeatWindowSeconds });
    try {
      this.#outcomes.push(...(await this.#session.add(calls)));
      return undefined;
    } catch (error) {
      if (error instanceof DuplicateCallError) return error;
      throw error;
    }
  }

  /** @returns what became of the calls that are kept */
  async commit(): Promise<SaveOutcome[]> {
    const outcomes = this.#outcomes;
    await this.#session?.commit();
    this.#session = undefined;
    this.#outcomes = [];
    return outcomes;
  }

  async rollback(): Promise<void> {
    await this.#session?.rollback();
    this.#session = undefined;
    this.#outcomes = [];
  }
}
