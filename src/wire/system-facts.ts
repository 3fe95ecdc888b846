import type { SystemCheck, SystemDatabase } from '../../client/src/contract.ts';
import type { EpochSeconds } from '../core/clock.ts';

/** What is known of the service around the queue. */
export interface SystemFacts {
  /** Of this instance. */
  instance: { name: string; startedAt: EpochSeconds };
  /** When the database was last copied; undefined: never, or not known. */
  lastBackupAt(): Promise<EpochSeconds | undefined>;
  database(): SystemDatabase | Promise<SystemDatabase>;
  /** What `callqueue doctor` would find; as it was found lately, since it takes a while. */
  checks(): Promise<LatestChecks>;
}

export interface LatestChecks {
  /** Undefined: never yet. */
  at: EpochSeconds | undefined;
  findings: readonly SystemCheck[];
}
