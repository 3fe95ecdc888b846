import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Figures of what is changed and told, beside those of requests. */
export interface QueueMetrics {
  /** @param command its kind; @param result what came of it, of the words there are for it */
  commandDone(command: string, result: string): void;
  /** Calls that a save was about, by outcome. */
  callsSaved(outcomes: Readonly<Record<string, number>>): void;
  /** One durable commit: how many commands it held, and how long it took. */
  groupCommitted(group: { jobs: number; seconds: number }): void;
  /** An answer from a kept list was held against the database. */
  listChecked(isEqual: boolean): void;
  /** Where figures of streams are found when somebody asks. */
  watchStreams(streams: StreamFigures): void;
}

export interface StreamFigures {
  readonly size: number;
  readonly lag: number;
}

export function createQueueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  const commands = new Counter({
    name: 'callqueue_commands_total',
    help: 'Commands carried out or refused, by kind and result.',
    labelNames: ['command', 'result'],
    registers,
  });
  const saved = new Counter({
    name: 'callqueue_saved_calls_total',
    help: 'Calls of saves that were stored, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const groups = new Histogram({
    name: 'callqueue_commit_commands',
    help: 'Commands that shared one durable commit.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  const commits = new Histogram({
    name: 'callqueue_commit_seconds',
    help: 'Time of a transaction from its beginning to its durable end.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });

  const checks = new Counter({
    name: 'callqueue_list_checks_total',
    help: 'Answers from kept lists that were compared with the database; any that is different is a fault of callqueue.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['equal', 'different']) checks.inc({ result }, 0);

  let streams: StreamFigures = { size: 0, lag: 0 };
  new Gauge({
    name: 'callqueue_event_streams',
    help: 'Open streams of changes.',
    registers,
    collect() {
      this.set(streams.size);
    },
  });
  new Gauge({
    name: 'callqueue_event_stream_lag',
    help: 'Changes that the reader furthest behind has still to get.',
    registers,
    collect() {
      this.set(streams.lag);
    },
  });

  return {
    commandDone: (command, result) => commands.inc({ command, result }),
    callsSaved(outcomes) {
      for (const [outcome, count] of Object.entries(outcomes)) saved.inc({ outcome }, count);
    },
    listChecked: (isEqual) => checks.inc({ result: isEqual ? 'equal' : 'different' }),
    groupCommitted({ jobs, seconds }) {
      groups.observe(jobs);
      commits.observe(seconds);
    },
    watchStreams(watched) {
      streams = watched;
    },
  };
}
