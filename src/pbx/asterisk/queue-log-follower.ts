import type { Logger } from 'pino';
import type { LegEvent } from '../../core/leg-event.ts';
import type { QueueLogStatus } from '../../core/pbx.ts';
import { shown } from './ami-errors.ts';
import type { AmiTimers } from './ami-timers.ts';
import { createQueueLogEvents, PBX_STARTED, type QueuedCaller } from './queue-log.ts';
import type { QueueLogRead, QueueLogReader } from './queue-log-reader.ts';

/** Where reading goes on after a restart, plain data. */
export interface QueueLogPlace {
  /** Of the reader: the position means nothing to another one. */
  place: string;
  position: unknown;
  queued: readonly QueuedCaller[];
}

export interface QueueLogFollowerOptions {
  reader: QueueLogReader;
  /** As it was kept; undefined: what stands in the record was never read. */
  known: QueueLogPlace | undefined;
  /** Gets what the lines tell, in their order. */
  tell: (event: LegEvent) => void;
  /** Whether a verdict on this leg is still to come. */
  isUndecided: (legId: string) => boolean;
  logger: Logger;
  /** Seconds since the epoch. */
  now: () => number;
  timers: AmiTimers;
}

type Outcome = 'complete' | 'gap' | 'failed';

export interface QueueLogFollower {
  /** Who waited when it was last read, told again. To be recalled before the first reading. */
  waiting(): LegEvent[];
  /**
   * Reads to the end. `complete`: all that was written since the reading before is told; `gap`: some of it is no longer
   * there, or was never read before; `failed`: not to the end, ask again later. Never throws.
   */
  readOn(): Promise<Outcome>;
  /** A place to be kept, if there is a newer one: everything before it is decided, or stands in it as still waiting. */
  placeToKeep(): QueueLogPlace | undefined;
  status(): QueueLogStatus;
  close(): Promise<void>;
}

/** A file on a share, or a database, may not answer; what happens meanwhile must not wait for it. */
const READ_LIMIT_MS = 10_000;
/** Places not kept yet: each second of reading makes one at most. */
const MOST_PLACES = 100;
/** Whoever left a queue so long ago and is not decided no longer keeps the place from moving on. */
const UNDECIDED_SECONDS = 3600;

interface Checkpoint {
  place: QueueLogPlace;
  /** Who has left the queues by then without a verdict yet: after a restart their lines must be read again. */
  open: readonly string[];
}

/** Reads the record of queues on and on, and knows from which place on it has to be read again after a restart. */
export function createQueueLogFollower(options: QueueLogFollowerOptions): QueueLogFollower {
  const { reader, tell, isUndecided, logger, now, timers } = options;
  const known = options.known?.place === reader.place ? options.known : undefined;
  const events = createQueueLogEvents(known?.queued);
  let position = known?.position;
  let pending: Promise<QueueLogRead> | undefined;
  let running: Promise<Outcome> | undefined;
  let isAtEnd = false;
  let lastAt: number | undefined;
  let failure: QueueLogStatus['failure'];
  /** Something is missing that no reading has told yet. */
  let isGap = position === undefined;
  /** Left a queue and is not decided: when that was read. */
  const left = new Map<string, number>();
  let checkpoints: Checkpoint[] = [];

  async function readToEnd(): Promise<Outcome> {
    try {
      do take(await readPiece());
      while (!isAtEnd);
    } catch (error) {
      return fail((error as Error).message);
    }
    if (position === undefined) return fail('there is nothing to read yet');
    if (failure !== undefined) logger.info({ queueLog: reader.place }, 'The record of queues is read again');
    failure = undefined;
    const outcome = isGap ? 'gap' : 'complete';
    isGap = false;
    return outcome;
  }

  async function goOn(before: Outcome): Promise<Outcome> {
    const outcome = await readToEnd();
    return outcome === 'complete' && before === 'gap' ? 'gap' : outcome;
  }

  function fail(reason: string): 'failed' {
    if (failure === undefined) logger.warn({ queueLog: reader.place, reason }, 'The record of queues cannot be read');
    failure = { at: Math.floor(now()), reason: shown(reason) };
    isAtEnd = false;
    return 'failed';
  }

  /** A piece that was too slow in coming is waited for the next time, rather than asked for again. */
  async function readPiece(): Promise<QueueLogRead> {
    pending ??= reader.read(position);
    const tooLong = Promise.withResolvers<never>();
    const cancel = timers.after(READ_LIMIT_MS, () =>
      tooLong.reject(new Error(`no answer for ${READ_LIMIT_MS / 1000} s`)),
    );
    const read = pending;
    read.then(
      () => {},
      () => {
        pending = undefined;
      },
    );
    try {
      const piece = await Promise.race([read, tooLong.promise]);
      pending = undefined;
      return piece;
    } finally {
      cancel();
    }
  }

  function take(read: QueueLogRead): void {
    const isNew = JSON.stringify(read.position) !== JSON.stringify(position);
    position = read.position;
    isAtEnd = read.isAtEnd;
    isGap ||= read.isGap;
    if (read.isGap) logger.warn({ queueLog: reader.place }, 'Part of the record of queues is gone');
    const named = new Set<string>();
    for (const line of read.lines) {
      if (line.event === PBX_STARTED) for (const { legId } of events.queued()) named.add(legId);
      for (const event of events.take(line)) tell(event);
      named.add(line.legId);
      lastAt = line.at;
    }
    if (isNew) keepInMind(named);
  }

  function keepInMind(named: ReadonlySet<string>): void {
    const queued = events.queued();
    const waiting = new Set(queued.map(({ legId }) => legId));
    for (const legId of named) {
      if (!waiting.has(legId) && isUndecided(legId)) left.set(legId, now());
      else left.delete(legId);
    }
    for (const [legId, at] of left) {
      if (!isUndecided(legId) || Math.abs(now() - at) > UNDECIDED_SECONDS) left.delete(legId);
    }
    checkpoints.push({ place: { place: reader.place, position, queued }, open: [...left.keys()] });
    // The oldest are as good as any, as a place may always lie further back.
    if (checkpoints.length > MOST_PLACES)
      checkpoints = [...checkpoints.slice(0, MOST_PLACES / 2), ...checkpoints.slice(-1)];
  }

  return {
    waiting: () => events.waiting(),
    readOn() {
      // One that is under way may have passed what the asker waits for.
      const reading = running === undefined ? readToEnd() : running.then(goOn);
      running = reading;
      void reading.then(() => {
        if (running === reading) running = undefined;
      });
      return reading;
    },
    placeToKeep() {
      const at = checkpoints.findLastIndex(({ open }) => !open.some((legId) => left.has(legId) && isUndecided(legId)));
      if (at < 0) return undefined;
      const found = checkpoints[at]?.place;
      checkpoints = checkpoints.slice(at + 1);
      return found;
    },
    status: () => ({ place: reader.place, isAtEnd, lastAt, failure }),
    close: () => reader.close(),
  };
}
