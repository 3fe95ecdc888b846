import type { SaveOutcome } from '../../client/src/contract.ts';
import type { Call } from './call.ts';
import type { CallFilter, CallQuery, Moment } from './call-filter.ts';
import type { CallJournal } from './call-journal.ts';
import type { CallWriter } from './call-writer.ts';
import type { CaptureRecords } from './capture-records.ts';
import type { Clock, EpochSeconds } from './clock.ts';
import type { DoNotCallList } from './do-not-call.ts';
import type { NewToken, StoredToken } from './token.ts';

/** Rows ready to be sent: JSON objects of the default row shape joined by commas, without brackets. */
export interface RenderedPage {
  /** How many calls match, exactly, at the moment of the answer. */
  rowCount: number;
  /** How many rows `json` holds. */
  length: number;
  /** Id of the last row in `json`; null when there is none. */
  lastId: number | null;
  json: Uint8Array;
}

export interface CallPage {
  rowCount: number;
  calls: Call[];
}

/** A call to be stored; `id` only when an import keeps ids. */
export type NewCall = Omit<Call, 'id'> & { id?: number };

/** What is kept beside a call and can be made anew from it. */
export interface Derived {
  /** The row as the API answers it by default, as JSON. */
  json: string;
  callerNumber: string;
  dnidNumber: string | null;
  outboundNumber: string | null;
}

/** Handed to the store by app.ts, so that the store need not know the API. */
export interface Derivation {
  /** Changes whenever `derive` would answer differently (row shape, time zone, countries): the store then makes all anew. */
  version: string;
  derive(call: Call): Derived;
  /** `derive(call).callerNumber` alone, at a fraction of the cost. */
  callerNumber(call: Pick<Call, 'callerId' | 'projectId'>): string;
  /** The forms in which projects keep a number, for one or for all (null): one, unless it is national and they differ. */
  numbersOf(number: string, projectId: number | null): readonly string[];
}

/** An import in one transaction: nothing is visible, nor kept after a crash, before `commit` has returned. */
export interface ImportSession {
  /**
   * Stores a batch, all of it or nothing of it. A pending call without an id of its own is decided as a save would
   * (save-call.ts), so that importing a file again makes no second calls; every other is stored as it is given.
   * @returns what became of each
   * @throws DuplicateCallError when the id of a call is taken, or when one that is to be stored as given would be a
   * second open call of its project, external id and number.
   */
  add(calls: readonly NewCall[]): Promise<SaveOutcome[]>;
  commit(): Promise<void>;
  /** Forgets everything since the session began. May be called twice, and after `commit`, where it does nothing. */
  rollback(): Promise<void>;
}

export interface ImportOptions {
  /** Written into the history; default `import`. */
  actor?: string;
  /** As of a save (call-command.ts); default 0: what is closed is no reason not to make a call. */
  repeatWindowSeconds?: number;
}

/** What the core needs from storage. Every answer is the truth at the moment the request began. */
export interface CallStore {
  /** The default row shape, as fast as the store can. */
  readRendered(query: CallQuery): Promise<RenderedPage>;
  /** The same rows as `readRendered`, as calls, for any other shape. */
  readCalls(query: CallQuery): Promise<CallPage>;
  /** All matching calls in order of id, in batches, as of one moment: changes made while reading are not seen. */
  streamCalls(filter: CallFilter, moment: Moment): AsyncIterable<readonly Call[]>;
  /** @throws StoreUnavailableError when another process is writing for too long. */
  beginImport(options?: ImportOptions): Promise<ImportSession>;
}

/** Where credentials are kept. */
export interface TokenStore {
  addToken(token: NewToken): Promise<StoredToken>;
  /**
   * Adds what `make` answers, which is called only where there is no token and never was one, while nobody else can add one;
   * what it throws is thrown. Undefined: there is or was a token.
   */
  addFirstToken(make: () => NewToken): Promise<StoredToken | undefined>;
  /** The token with this SHA-256 unless it is revoked. */
  findToken(hash: Uint8Array): Promise<StoredToken | undefined>;
  /** All tokens, revoked ones too, oldest first. */
  listTokens(): Promise<StoredToken[]>;
  /** False when there is no such token or it was revoked before. */
  revokeToken(id: number, now: EpochSeconds): Promise<boolean>;
}

/** An open database. One that was opened for reading only throws StoreUnavailableError where it should write. */
export interface Store extends CallStore, TokenStore, CallWriter, CallJournal, CaptureRecords, DoNotCallList {
  /** Rejects when the database cannot be written to; says so in the message. */
  checkWritable(): Promise<void>;
  /** The time that leases run by, where several machines share the database; undefined: that of this machine. */
  readonly clock?: Clock;
  /** The size of the database; undefined: it is a file, which can be looked at. */
  bytes?(): Promise<number>;
  /** Ends what was begun, refuses what comes from now on, and closes it; may be called twice. */
  close(): Promise<void>;
}
