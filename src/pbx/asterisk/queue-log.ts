import type { EpochSeconds } from '../../core/clock.ts';
import type { Caller, LegEvent } from '../../core/leg-event.ts';
import { printable, told } from './caller-id.ts';

/**
 * Asterisk's own record of its queues, one line an event: `time|uniqueid|queue|agent|event|data…`. It knows nothing but
 * queues: neither where a call began, nor its hang-up, nor what came of it after a queue.
 */
export interface QueueLogLine {
  at: EpochSeconds;
  legId: string;
  queue: string;
  event: string;
  data: readonly string[];
}

/** A caller who entered a queue and has not left it, as far as the record was read. To be kept with the place read to. */
export interface QueuedCaller {
  legId: string;
  at: EpochSeconds;
  queue: string;
  number: string | null;
  did: string | null;
}

export interface QueueLogEvents {
  /** What a line tells, for `MissedCalls.recall`. */
  take(line: QueueLogLine): LegEvent[];
  /** Whoever waited when the record was last read, told again. */
  waiting(): LegEvent[];
  /** To be stored, bounded: with it and the place read to, reading can go on after a restart. */
  queued(): QueuedCaller[];
}

/** The first line of each run of the PBX. */
export const PBX_STARTED = 'QUEUESTART';

/** Of callers over this, the oldest are forgotten: a line that was cut may leave one in a queue for ever. */
const MOST_QUEUED = 10_000;

/** Undefined for what is no such line. Never throws. */
export function parseQueueLogLine(text: string): QueueLogLine | undefined {
  const [time = '', legId = '', queue = '', , event = '', ...data] = text.split('|');
  // Seconds; with microseconds where they are switched on.
  const at = /^\d{9,11}(?:\.\d{1,9})?$/.test(time) ? Math.floor(Number(time)) : Number.NaN;
  if (Number.isNaN(at) || legId === '' || legId.length > 300 || event === '') return undefined;
  return { at, legId, queue, event, data };
}

/** @param queued as it was stored */
export function createQueueLogEvents(queued: readonly QueuedCaller[] = []): QueueLogEvents {
  const callers = new Map(queued.slice(-MOST_QUEUED).map((caller) => [caller.legId, caller]));
  /** The dialled number is a line of its own, before that of the entry. */
  const dids = new Map<string, string>();

  function enter({ legId, at, queue, data }: QueueLogLine): LegEvent[] {
    const caller = { legId, at, queue, number: numberOf(data[1]), did: dids.get(legId) ?? null };
    dids.delete(legId);
    callers.delete(legId);
    callers.set(legId, caller);
    dropOldest(callers);
    return entryOf(caller);
  }

  function leave({ legId, at }: QueueLogLine, ...before: LegEvent[]): LegEvent[] {
    callers.delete(legId);
    return [...before, { type: 'queue_left', legId, at }];
  }

  return {
    take(line) {
      const { legId, at, data } = line;
      switch (line.event) {
        case 'DID':
          dids.set(legId, printable(data[0] ?? '', 64) ?? '');
          dropOldest(dids);
          return [];
        case 'ENTERQUEUE':
          return enter(line);
        // Only of a caller who hung up; timeouts and keys have lines of their own.
        case 'ABANDON':
          return leave(line, { type: 'hangup_requested', legId, at }, { type: 'queue_abandoned', legId, at });
        case 'EXITWITHTIMEOUT':
        // Taken out by a program, as in the events.
        case 'WITHDRAW':
          return leave(line, { type: 'queue_ended', legId, at, reason: 'timeout' });
        case 'EXITEMPTY':
          return leave(line, { type: 'queue_ended', legId, at, reason: 'empty' });
        case 'EXITWITHKEY':
          return leave(line);
        case 'CONNECT':
        case 'COMPLETEAGENT':
        case 'COMPLETECALLER':
        case 'TRANSFER':
        case 'BLINDTRANSFER':
        case 'ATTENDEDTRANSFER':
          // Whichever of them was not lost.
          return leave(line, { type: 'agent_connected', legId, at });
        case PBX_STARTED:
          // Whoever waited in the run before has no line of an end. Nobody enters a queue before this line is written.
          callers.clear();
          dids.clear();
          return [];
        default:
          return [];
      }
    },
    waiting: () => [...callers.values()].flatMap(entryOf),
    queued: () => [...callers.values()],
  };
}

function entryOf({ legId, at, queue, number, did }: QueuedCaller): LegEvent[] {
  const caller: Caller = { number, name: null, isWithheld: false };
  return [
    { type: 'began', legId, callId: legId, at, direction: 'inbound', isIncoming: true, caller, did },
    { type: 'queue_joined', legId, at, queue, caller, did },
  ];
}

function numberOf(text: string | undefined): string | null {
  const number = told(text);
  // A word, such as anonymous, is no number.
  return number === null || !/\d/.test(number) ? null : printable(number, 64);
}

function dropOldest(map: Map<string, unknown>): void {
  if (map.size <= MOST_QUEUED) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
