import { Counter, Gauge, type Registry } from 'prom-client';
import type { RecordedAs } from '../core/capture-command.ts';
import type { PbxStatus } from '../core/pbx.ts';
import type { GapSums } from '../core/recent-gaps.ts';

/** Figures of watching the PBX. */
export interface PbxMetrics {
  /** What became of one verdict about a caller. */
  recorded(as: RecordedAs | NotRecorded): void;
  /** Where figures of the PBX are found when somebody asks. */
  watchPbx(pbx: PbxFigures): void;
}

/** Verdicts that made no record: the settings do not count such a call; recording it failed, and it was passed over. */
export type NotRecorded = 'not_counted' | 'failed';

export interface PbxFigures {
  /** Undefined: the installation has none; then it has no series either, as there is nothing to be alarmed about. */
  status(): PbxStatus | undefined;
  /** Of the last seven days. */
  gaps(): Promise<GapSums>;
}

const VERDICTS: Record<RecordedAs | NotRecorded, true> = {
  created: true,
  created_closed: true,
  counted: true,
  withheld: true,
  not_dialable: true,
  do_not_call: true,
  cleared: true,
  left_alone: true,
  nothing: true,
  double: true,
  own_attempt: true,
  too_old: true,
  kept: true,
  not_counted: true,
  failed: true,
};

const PHASES: Record<PbxStatus['phase'], true> = {
  connecting: true,
  authenticating: true,
  booting: true,
  catching_up: true,
  up: true,
  waiting: true,
  stopped: true,
};

export function createPbxMetrics(registry: Registry): PbxMetrics {
  const registers = [registry];
  const verdicts = new Counter({
    name: 'callqueue_capture_verdicts_total',
    help: 'Verdicts about callers, missed or reached, by what became of them.',
    labelNames: ['result'],
    registers,
  });
  // From 0: a series that begins at 1 shows no increase.
  for (const result of Object.keys(VERDICTS)) verdicts.inc({ result }, 0);

  let pbx: PbxFigures = {
    status: () => undefined,
    gaps: async () => {
      throw new Error('Nothing is watched');
    },
  };

  /** A figure that is shown while `read` answers one. */
  function gauge(name: string, help: string, read: (status: PbxStatus) => number | undefined): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const status = pbx.status();
        const value = status && read(status);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  function counter(name: string, help: string, read: (status: PbxStatus) => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        const status = pbx.status();
        this.reset();
        if (status === undefined) this.remove();
        else this.inc(read(status));
      },
    });
  }

  gauge('callqueue_pbx_up', '1 while the connection to the PBX can be trusted.', ({ phase }) => Number(phase === 'up'));
  new Gauge({
    name: 'callqueue_pbx_phase',
    help: '1 for the phase that the connection to the PBX is in.',
    labelNames: ['phase'],
    registers,
    collect() {
      const status = pbx.status();
      this.reset();
      if (status === undefined) return;
      for (const phase of Object.keys(PHASES)) this.set({ phase }, Number(phase === status.phase));
    },
  });
  gauge('callqueue_pbx_phase_timestamp_seconds', 'When that phase began.', ({ since }) => since);
  gauge(
    'callqueue_pbx_last_event_timestamp_seconds',
    'When the last event of the PBX was read.',
    ({ lastEventAt }) => lastEventAt,
  );
  counter('callqueue_pbx_events_total', 'Events of the PBX that were read.', ({ events }) => events);
  counter(
    'callqueue_pbx_dropped_messages_total',
    'Messages of the PBX passed over because they were too long.',
    ({ dropped }) => dropped,
  );
  counter(
    'callqueue_pbx_lost_legs_total',
    "Callers' legs given up because there were too many at a time.",
    ({ lost }) => lost,
  );
  gauge('callqueue_pbx_queued_events', 'Events that wait to be understood.', ({ queued }) => queued);
  gauge('callqueue_pbx_legs', "Callers' legs that are watched.", ({ legs }) => legs);
  gauge(
    'callqueue_pbx_waiting_callers',
    'Callers in queues at this moment.',
    ({ waitingCallers }) => waitingCallers.length,
  );
  gauge('callqueue_queue_log_up', '1 if the record of queues could be read the last time.', ({ queueLog }) =>
    queueLog === undefined ? undefined : Number(queueLog.failure === undefined),
  );
  gauge(
    'callqueue_queue_log_at_end',
    '1 if the record of queues was read to its end; else it lags behind from its last line read.',
    ({ queueLog }) => (queueLog === undefined ? undefined : Number(queueLog.isAtEnd)),
  );
  gauge(
    'callqueue_queue_log_last_line_timestamp_seconds',
    'Time of the last line read of the record of queues.',
    ({ queueLog }) => queueLog?.lastAt,
  );

  /** Undefined without a PBX, or when the database does not answer: no figure is better than a wrong one. */
  const gaps = remember(async () => (pbx.status() === undefined ? undefined : await pbx.gaps().catch(() => undefined)));
  function gapGauge(name: string, help: string, member: 'count' | 'seconds'): void {
    new Gauge({
      name,
      help,
      labelNames: ['filled'],
      registers,
      async collect() {
        const sums = await gaps();
        this.reset();
        if (sums === undefined) return;
        this.set({ filled: 'yes' }, sums.filled[member]);
        this.set({ filled: 'no' }, sums.unfilled[member]);
        this.set({ filled: 'undecided' }, sums.undecided[member]);
      },
    });
  }
  gapGauge(
    'callqueue_capture_gaps',
    'Times of the last 7 days in which the PBX was not heard, by whether what happened is known.',
    'count',
  );
  gapGauge('callqueue_capture_gap_seconds', 'How long those lasted in all.', 'seconds');

  return {
    recorded: (as) => verdicts.inc({ result: as }),
    watchPbx(watched) {
      pbx = watched;
    },
  };
}

const REMEMBERED_MS = 1000;

/** One question to the database for all figures of a scrape, and for scrapes that follow each other closely. */
function remember<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (asked === undefined || now - asked.at >= REMEMBERED_MS) asked = { at: now, answer: ask() };
    return asked.answer;
  };
}
