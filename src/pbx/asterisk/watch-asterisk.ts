import type { Logger } from 'pino';
import type { PresentLeg } from '../../core/leg-event.ts';
import { createMissedCalls } from '../../core/missed-calls.ts';
import type { PbxStatus } from '../../core/pbx.ts';
import type { PbxFinding } from '../../core/pbx-finding.ts';
import { createAlarms } from './alarms.ts';
import { AmiConnection, type AmiConnectionOptions } from './ami-connection.ts';
import type { AmiIdentity } from './ami-identity.ts';
import type { AmiSignal } from './ami-inbox.ts';
import { systemTimers } from './ami-timers.ts';
import { EVENTS_READ, legEventOf } from './asterisk-pbx.ts';
import { connectionFacts, runName } from './connection-facts.ts';
import { createContextsSeen } from './contexts-seen.ts';
import { createFindingOutbox } from './finding-outbox.ts';
import { createHeardGaps, type Heard } from './heard-gaps.ts';
import { createPresentLists, PRESENT_LISTS, type PresentLists } from './present-lists.ts';
import { createQueueLogFollower, type QueueLogPlace } from './queue-log-follower.ts';
import type { QueueLogReader } from './queue-log-reader.ts';
import { createRightsWarner } from './warn-of-rights.ts';

export interface AsteriskWatchOptions
  extends Pick<
    AmiConnectionOptions,
    'address' | 'actionIdPrefix' | 'tls' | 'timers' | 'random' | 'maxSignals' | 'maxBytes'
  > {
  inboundContexts: readonly string[];
  /** Undefined: nobody knows what happened while the PBX was not heard. Closed by `stop`. */
  queueLog: QueueLogReader | undefined;
  known: WatchKnown;
  /**
   * Gets what was found, in order, at most 500 at a time, and not the next ones before its promise is settled: while it
   * waits, nothing more is understood. Must not reject.
   */
  report: (findings: PbxFinding[]) => Promise<void>;
  logger: Logger;
  /** Seconds since the epoch, with fractions; default: the machine's. */
  clock?: { now(): number };
}

/** What was kept by an earlier process: the last places that were reported. */
export interface WatchKnown {
  /** Undefined at the very first start: then there is no gap. */
  heard: Heard | undefined;
  queueLog: QueueLogPlace | undefined;
}

export interface AsteriskWatch {
  start(): void;
  /**
   * Ends the connection, decides what is left and resolves when all is reported. For good; may be called at any moment and
   * twice.
   */
  stop(): Promise<void>;
  status(): PbxStatus;
  /** Of `status`, at little cost. */
  phase(): PbxStatus['phase'];
}

/** Names of readers in findings of the kind `place`. */
export const HEARD = 'heard';
export const QUEUE_LOG = 'queue_log';

/** The connection that is up, or was until its `down` is taken. */
interface Link {
  identity: AmiIdentity;
  upAt: number;
  /** While they are asked for. */
  lists?: PresentLists;
  /** Since when all that is there is known. */
  syncedAt?: number;
  /** The PBX lists all its channels. */
  canBeListed?: boolean;
}

const TICK_MS = 100;
const QUEUE_LOG_MS = 1_000;
const KEEP_HEARD_MS = 10_000;
/** Until lists that were not answered are asked for again. */
const ASK_AGAIN_MS = 5_000;
/** How often it is looked whether legs are still there, and how long one must not have been heard of to be given up. */
const LOOK_AGAIN_MS = 300_000;
const SILENT_SECONDS = 60;
/** Longer than the grace of verdicts. */
const KEEP_AFTER_SECONDS = 1;
/** Longer than it takes to read the record of queues on and to keep the place. */
const KEEP_RUN_SECONDS = 5;

const WANTED: ReadonlySet<string> = new Set(EVENTS_READ);

/**
 * Watches an Asterisk: tells who was missed and who was reached, when it was not heard, and where to go on after a restart.
 * Knows neither a database nor threads.
 */
export function createAsteriskWatch(options: AsteriskWatchOptions): AsteriskWatch {
  const { address, queueLog, known, logger } = options;
  const timers = options.timers ?? systemTimers;
  const clock = options.clock ?? { now: () => Date.now() / 1000 };
  const settings = { inboundContexts: new Set(options.inboundContexts) };
  const place = `${address.host}:${address.port}`;

  let pbx = known.heard?.pbx ?? '';
  const machine = createMissedCalls({ pbx });
  const gaps = createHeardGaps(known.heard);
  const contexts = createContextsSeen(settings);
  const warnOfRights = createRightsWarner({ user: address.user, logger });
  const follower =
    queueLog &&
    createQueueLogFollower({
      reader: queueLog,
      known: known.queueLog,
      tell: (event) => machine.recall(event, clock.now()),
      isUndecided: (legId) => machine.isUndecided(legId),
      logger,
      now: () => clock.now(),
      timers,
    });
  const outbox = createFindingOutbox(options.report);
  const alarms = createAlarms(timers);
  const connection = new AmiConnection({
    ...options,
    clock,
    timers,
    deliver: take,
    isWanted(event) {
      events += 1;
      return WANTED.has(event);
    },
  });

  let events = 0;
  let state: 'new' | 'started' | 'stopped' = 'new';
  /** It is known which run of the PBX the legs belong to: verdicts name it. */
  let isCertain = false;
  /** Whether what happened in gaps is known, once the next lists have come; undefined: not yet decided. */
  let fillable: boolean | undefined;
  let stopping: Promise<void> | undefined;
  let link: Link | undefined;
  /** When it was last known that nothing is missed; null: never. */
  let lostAt: number | null = known.heard?.at ?? null;
  /** The run of the PBX that was kept as heard. */
  let keptRun = pbx;
  let isTaking = false;
  /** When the last signal came that is understood. */
  let understoodAt = clock.now();
  /** Where to go on reading, and since when it waits for verdicts that are within their grace. */
  let readTo: { place: QueueLogPlace; since: number } | undefined;
  let isPlaceKept = known.queueLog !== undefined;

  async function take(signals: readonly AmiSignal[]): Promise<void> {
    isTaking = true;
    try {
      for (const signal of signals) {
        if (signal.kind === 'event') hear(signal);
        else if (signal.kind === 'up') await comeUp(signal);
        else if (signal.kind === 'down') goDown(signal);
        else takeList(signal);
      }
      understoodAt = signals.at(-1)?.at ?? understoodAt;
      decide(understoodAt);
      await outbox.put([]);
    } finally {
      isTaking = false;
    }
  }

  function hear({ message, at }: Extract<AmiSignal, { kind: 'event' }>): void {
    contexts.take(message);
    const event = legEventOf(message, at, settings);
    if (event !== undefined) machine.take(event, at);
  }

  async function comeUp({ identity, at }: Extract<AmiSignal, { kind: 'up' }>): Promise<void> {
    link = { identity, upAt: at };
    isCertain = false;
    const outcome = follower === undefined ? 'gap' : await follower.readOn();
    fillable = outcome === 'failed' ? undefined : outcome === 'complete';
    askForLists();
  }

  function askForLists(): void {
    if (link === undefined || link.lists !== undefined || state === 'stopped' || connection.state.phase !== 'up')
      return;
    link.lists = createPresentLists(settings, logger);
    for (const action of PRESENT_LISTS) connection.listInOrder(action);
  }

  function takeList(signal: Extract<AmiSignal, { kind: 'list' }>): void {
    const lists = link?.lists;
    const present = lists?.take(signal);
    if (link === undefined || lists === undefined || present === undefined) return;
    delete link.lists;
    if (present === 'unanswered') alarms.set('ask again', ASK_AGAIN_MS, askForLists);
    else {
      resynchronise(link, present, signal.at);
      link.canBeListed = lists.isComplete();
    }
  }

  function resynchronise(up: Link, present: readonly PresentLeg[], now: number): void {
    const { identity, upAt } = up;
    pbx = runName(identity);
    // Whatever was heard since the connection is up will be heard to its end. Only what was not heard for long, and is not
    // there, has ended without a word: its last event was lost.
    const askedAt = up.canBeListed === true ? Math.max(upAt, now - SILENT_SECONDS) : upAt;
    machine.resynchronise({ present, pbx, pbxStartedAt: identity.startedAt, askedAt, lostAt }, now);
    lostAt = null;
    isCertain = true;
    understoodAt = now;
    if (up.syncedAt === undefined) {
      up.syncedAt = now;
      logger.info({ pbx, legs: machine.counts().legs }, 'The calls of the PBX are known');
      void warnOfRights(connection, pbx);
      void outbox.put(gaps.end({ to: Math.ceil(upAt), pbx }));
    }
    decide(now);
    if (fillable !== undefined) void outbox.put(gaps.decide(fillable));
    fillable = undefined;
    keepHeard();
  }

  function goDown({ heardAt, at }: Extract<AmiSignal, { kind: 'down' }>): void {
    if (link?.syncedAt !== undefined) {
      lostAt = heardAt;
      const reason = state === 'stopped' ? 'service_stopped' : 'connection_lost';
      void outbox.put(gaps.lose({ from: Math.floor(heardAt), pbx, reason }));
    }
    link = undefined;
    decide(at);
    keepHeard();
  }

  function decide(now: number): void {
    if (!isCertain) return;
    void outbox.put(machine.tick(now).map((verdict) => ({ kind: 'verdict', verdict })));
    if (readTo === undefined) {
      const place = follower?.placeToKeep();
      // The first of all has nothing before it, and without one the next process would begin with what comes then.
      const since = isPlaceKept ? now : Number.NEGATIVE_INFINITY;
      readTo = place && { place, since };
    }
    if (readTo !== undefined && Math.abs(now - readTo.since) >= KEEP_AFTER_SECONDS) {
      keep(QUEUE_LOG, readTo.place);
      readTo = undefined;
      isPlaceKept = true;
    }
  }

  function keepHeard(): void {
    const lasting = gaps.lasting();
    // Nothing was heard yet.
    if (lasting === undefined && link?.syncedAt === undefined) return;
    // As long as the place in the record holds callers of the run before, their misses are told of that run.
    const syncedFor = clock.now() - (link?.syncedAt ?? Number.NEGATIVE_INFINITY);
    if (follower !== undefined && keptRun !== '' && pbx !== keptRun && syncedFor < KEEP_RUN_SECONDS) return;
    keptRun = pbx;
    const heard: Heard = {
      pbx: lasting?.pbx ?? pbx,
      at: lasting?.from ?? Math.floor(decidedUpTo()),
      reason: lasting?.reason ?? null,
      undecided: gaps.undecided(),
    };
    keep(HEARD, heard);
  }

  /** Everything that happened before is told, or still lasts. */
  function decidedUpTo(): number {
    const { queued, heardAt } = connection.state;
    return Math.min(clock.now(), isTaking || queued > 0 ? understoodAt : heardAt) - KEEP_AFTER_SECONDS;
  }

  function keep(reader: string, what: Heard | QueueLogPlace): void {
    void outbox.put([{ kind: 'place', pbx: place, reader, place: JSON.stringify(what) }]);
  }

  async function readQueueLog(): Promise<void> {
    if (follower === undefined || link?.syncedAt === undefined) return;
    const outcome = await follower.readOn();
    if (outcome === 'failed' || !gaps.isUndecided()) return;
    // What it brought up ended before it could be read: only a new list tells what of it is still there.
    fillable = outcome === 'complete';
    askForLists();
  }

  async function stop(): Promise<void> {
    const wasStarted = state === 'started';
    state = 'stopped';
    alarms.stop();
    if (wasStarted) {
      await connection.stop();
      await connection.drained;
      // No event comes any more that a verdict could wait for, and behind the verdicts the place may be kept.
      decide(clock.now() + 1);
      const place = isCertain ? (follower?.placeToKeep() ?? readTo?.place) : undefined;
      if (place !== undefined) keep(QUEUE_LOG, place);
      await outbox.put([]);
    }
    await follower?.close();
  }

  return {
    start() {
      if (state !== 'new') return;
      state = 'started';
      const lasting = gaps.lasting();
      if (lasting !== undefined) void outbox.put([{ kind: 'gap', gap: lasting }]);
      for (const event of follower?.waiting() ?? []) machine.recall(event, clock.now());
      connection.start();
      alarms.every('tick', TICK_MS, () => {
        // A verdict waits for what was read before and is not understood yet.
        if (!isTaking && connection.state.queued === 0 && outbox.isEmpty()) decide(clock.now());
      });
      alarms.every('queue_log', QUEUE_LOG_MS, readQueueLog);
      alarms.every('heard', KEEP_HEARD_MS, keepHeard);
      alarms.every('look again', LOOK_AGAIN_MS, () => {
        if (link?.canBeListed === true) askForLists();
      });
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    phase,
    status() {
      const { since } = connection.state;
      return {
        ...connectionFacts(connection.state),
        ...machine.counts(),
        phase: phase(),
        since: Math.floor(phase() === 'up' ? (link?.syncedAt ?? since) : since),
        address: place,
        pbx: pbx === '' ? undefined : pbx,
        events,
        waitingCallers: machine.waitingCallers(),
        numbersOnLine: machine.numbersOnLine(),
        contextsSeen: contexts.list(),
        queueLog: follower?.status(),
      };
    },
  };

  function phase(): PbxStatus['phase'] {
    const { phase: connected } = connection.state;
    return connected === 'up' && link?.syncedAt === undefined ? 'catching_up' : connected;
  }
}
