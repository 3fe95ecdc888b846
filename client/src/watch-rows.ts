import type { CheckVerdict, PbxPhase, Unlisted } from './words.ts';

/** What is answered about the PBX, the service and this moment. Imported through contract.ts. */

/** The PBX as everybody may know of it. */
export interface PbxBrief {
  /** Only `up` can be relied on. */
  phase: PbxPhase;
  /** When that phase began. */
  since: string;
  /** When the last event was read. */
  last_event_at: string | null;
  /** The newest time of the last seven days in which it was not heard. */
  last_gap: GapBrief | null;
}

export interface GapBrief {
  from: string;
  /** Null while it lasts. */
  to: string | null;
  seconds: number;
  /** Whether all that happened in it is known by now; null: not yet decided. */
  filled: boolean | null;
}

/** What goes on at this moment. */
export interface LiveRow {
  at: string;
  /** Null: the installation has no PBX. */
  pbx: Pick<PbxBrief, 'phase' | 'since'> | null;
  /** Calls that are being dialled. */
  attempts: LiveAttempt[];
  /** Who waits in a queue, longest first, at most 500; null: the token may not know (it is limited to projects). */
  callers: LiveCaller[] | null;
  /** How many wait, also beyond 500; null as `callers`. */
  caller_count: number | null;
  /** Who holds a call, last taken first, at most 200. */
  agents: LiveAgent[];
  /** Missed calls without a row, by project: nobody can be called back, or who called asked not to be. */
  unlisted: LiveUnlisted[];
}

export interface LiveAttempt {
  call_id: number;
  project_id: number;
  /** The agent or queue that is rung. */
  destination: string | null;
  since: string;
}

export interface LiveCaller {
  /** Null: withheld. */
  number: string | null;
  name: string | null;
  queue: string;
  since: string;
  waited_seconds: number;
  /** An open call to that number, the oldest; null: there is none. */
  call_id: number | null;
}

export interface LiveAgent {
  agent: string;
  call_id: number;
  project_id: number;
  /** When the agent took it; null: not known any more. */
  since: string | null;
  /** When the lease runs out; null: it does not. */
  until: string | null;
}

export interface LiveUnlisted {
  project_id: number;
  why: Unlisted;
  /** Since midnight, in whole hours of UTC: where midnight lies within one, all of that hour. */
  today: number;
  /** Of this hour and the 24 before it. */
  last_24_hours: number;
  last_at: string;
}

/** How the service is. */
export interface SystemRow {
  at: string;
  version: string;
  /** Null: the installation has no PBX. */
  pbx: SystemPbx | null;
  /** Of the last seven days, newest first, at most 100. Each instance tells its own. */
  gaps: SystemGap[];
  instances: SystemInstance[];
  backup: {
    /** When `callqueue backup` last made a copy of this database; null: never, or not known. */
    last_at: string | null;
    age_seconds: number | null;
  };
  database: SystemDatabase;
  checks: {
    /** When they were made; null: they are being made for the first time, ask again. */
    at: string | null;
    findings: SystemCheck[];
  };
}

export interface SystemPbx {
  phase: PbxPhase;
  since: string;
  /** `host:port`. */
  address: string;
  /** The name under which its calls are kept; null before the first connection. */
  name: string | null;
  version: string | null;
  system_name: string | null;
  started_at: string | null;
  last_event_at: string | null;
  events: number;
  /** Why the connection was last lost or not made. */
  last_failure: { at: string; reason: string } | null;
  /** Events that wait to be understood. */
  queued: number;
  /** Messages passed over because they were too long. */
  dropped: number;
  /** Callers' legs that are watched. */
  legs: number;
  /** Legs given up because there were too many at a time. */
  lost: number;
  /** Where calls began that nobody of the house ordered: a trunk whose context is not inbound is not watched. */
  contexts: { context: string; calls: number; is_inbound: boolean }[];
  /** The PBX's own record of its queues; null: the settings name none. */
  queue_log: {
    place: string;
    at_end: boolean;
    /** Time of the last line read. */
    last_at: string | null;
    failure: { at: string; reason: string } | null;
  } | null;
}

export interface SystemGap extends GapBrief {
  pbx: string;
  instance: string;
  /** A short code. */
  reason: string;
}

export interface SystemInstance {
  name: string;
  version: string;
  started_at: string;
  /** Whether it is the one that answers. */
  answers: boolean;
}

/** What cannot be told of a kind of database is null. */
export interface SystemDatabase {
  kind: 'sqlite' | 'postgres';
  bytes: number | null;
  /** Free on its disk. */
  free_bytes: number | null;
}

/** One thing that was looked at, as `callqueue doctor` tells it. */
export interface SystemCheck {
  subject: string;
  verdict: CheckVerdict;
  text: string;
}
