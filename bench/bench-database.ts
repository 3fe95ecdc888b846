import type { CpuTime } from './cpu-time.ts';
import type { Facts } from './facts.ts';
import type { DatabaseKind } from './options.ts';

/** One kind of database, with the calls of the bench in it. */
export interface BenchDatabase extends AsyncDisposable {
  kind: DatabaseKind;
  /** What it is and how it is set, for the report. */
  description: string;
  /** Size with all its indexes. */
  bytes: number;
  /** What making the data took; undefined when it was there already. */
  made: { seconds: number; rowsPerSecond: number } | undefined;
  /** A copy for one run, which may write to it; removed with it. */
  copy(): Promise<RunDatabase>;
  /** The data itself, which is not removed: for a run that only reads, of what is too large to be copied. */
  itself(): Promise<RunDatabase>;
}

export interface RunDatabase extends AsyncDisposable {
  /** Path of a file, or address. */
  address: string;
  facts: Facts;
  /** CPU of the processes of the database's own; undefined where it has none, or none that can be seen from here. */
  cpuTime: CpuTime | undefined;
  /** Bytes that it has written ahead for its commits so far; undefined where it does not tell. */
  loggedBytes: (() => Promise<number>) | undefined;
  /** Its size now. */
  bytes(): Promise<number>;
}
