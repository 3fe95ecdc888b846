import type { StormFigures } from './ami-storm.ts';
import { type Fault, type Figure, noneOf } from './fault-run.ts';
import { followMisses } from './miss-follower.ts';
import { watchProcess } from './process-watch.ts';
import { readAgainAndAgain } from './read-again.ts';
import { createServerProcess, type ServerProcess, TOKEN } from './server-process.ts';
import { readStored } from './stored.ts';
import { expectedOf, planStorm, type StormPlanOptions } from './storm-calls.ts';
import { delaysOf, judgeList, quantileOf } from './storm-judge.ts';
import { startStorm } from './storm-process.ts';

const PER_SECOND = 20_000;
/** Of thirty seconds. */
const CALLS = 5_000;
const MOST_MIB = 512;
const LONGEST_READ_MS = 100;
const LONGEST_DELAY_MS = 1_000;
const SHORT_S = 10;

export const storm: Fault = {
  name: 'storm',
  title: `${PER_SECOND} events a second with ${CALLS / 30} calls a second among them`,
  runs: 30,
  unit: 'seconds',
  skipReason: () => (process.platform === 'linux' ? undefined : 'needs /proc to see the memory of a process'),
  async run({ runs, seed, folder }) {
    const plan = stormPlan({ calls: Math.ceil((CALLS * runs) / 30), ms: runs * 1000, seed });
    await using port = await startStorm({ ...plan, perSecond: PER_SECOND });
    await using server = createServerProcess({
      database: `${folder}/callqueue.db`,
      logFolder: folder,
      env: { CALLQUEUE_PBX: port.url },
    });
    await server.start();
    await port.ready;
    const watched = watchProcess(server.pid);
    await using follower = followMisses(server.client(), { readsEach: false });
    await using reader = readAgainAndAgain(server.client());
    const begunAt = await port.begin();
    const done = await port.done;
    const { rows, withheld } = await untilListIs(server, plan);
    watched.stop();
    const calls = planStorm(plan);
    const { items, withheld: expectedWithheld } = expectedOf(calls);
    // In a short run a few moments of a machine that others use as well are more than one of a hundred.
    const longestRead = runs < SHORT_S ? 5 * LONGEST_READ_MS : LONGEST_READ_MS;
    const delays = delaysOf(calls, { begunAt, endedMs: done.endedMs, seen: follower.seen });
    return [
      ...stormFigures(done),
      noneOf('lost, double or in the wrong state', judgeList(calls, rows), `${calls.length} calls, ${items.size} rows`),
      { what: 'withheld', figure: `${withheld} of ${expectedWithheld}`, isGood: withheld === expectedWithheld },
      below('missed call visible, 99 of 100', quantileOf(delays, 0.99), LONGEST_DELAY_MS),
      below('missed call visible, the last', quantileOf(delays, 1), LONGEST_DELAY_MS * 2),
      below(`read of the list, 99 of 100 of ${reader.ms.length}`, quantileOf(reader.ms, 0.99), longestRead),
      memoryFigure(watched.mostMiB),
      ...workFigures(watched.threadSeconds(), done.events),
    ];
  },
};

/** Unique ids of a time that has just gone by, as a store takes in nothing that is a month old. */
export function stormPlan(plan: Omit<StormPlanOptions, 'epoch'>): StormPlanOptions {
  return { ...plan, epoch: Math.floor(Date.now() / 1000) };
}

export function below(what: string, ms: number, limit: number): Figure {
  return { what, figure: `${ms.toFixed(0)} ms`, isGood: ms < limit };
}

export function stormFigures(done: StormFigures): Figure[] {
  const { events, eventsMeanwhile, seconds, bytes, mostUnread, longestGapMs, longestWaitMs, reconnects, wasThrownOut } =
    done;
  const rate = Math.round(eventsMeanwhile / seconds);
  return [
    { what: 'sent', figure: `${events} events, ${(bytes / 1e6).toFixed(0)} MB, ${rate} a second`, isGood: events > 0 },
    {
      what: 'left unread',
      figure: `${(mostUnread / 1e6).toFixed(2)} MB at most, ${longestGapMs.toFixed(0)} ms at most`,
      isGood: !wasThrownOut,
    },
    { what: 'connections lost', figure: `${reconnects}`, isGood: reconnects === 0 },
    // By what else the machine does: no thread of the server can have its turn sooner.
    { what: 'the sender itself waited for its turn', figure: `${longestWaitMs.toFixed(0)} ms at most`, isGood: true },
  ];
}

export function memoryFigure({ all, own }: { all: number; own: number }): Figure {
  const figure = `${all.toFixed(0)} MiB at most, ${own.toFixed(0)} of it not of files`;
  return { what: 'memory', figure, isGood: all < MOST_MIB };
}

function workFigures(seconds: ReadonlyMap<string, number>, events: number): Figure[] {
  const total = [...seconds.values()].reduce((sum, worked) => sum + worked, 0);
  const each = [...seconds].filter(([, worked]) => worked >= 0.05).sort(([, a], [, b]) => b - a);
  const pbx = seconds.get('pbx') ?? total;
  return [
    {
      what: 'work of the server',
      figure: `${total.toFixed(1)} s: ${each.map(([name, worked]) => `${name} ${worked.toFixed(1)}`).join(', ')}`,
      isGood: true,
    },
    { what: 'events a second that one core reads', figure: `${Math.round(events / pbx)}`, isGood: true },
  ];
}

/** Reads the list when it is right, or will not become so. */
export async function untilListIs(server: ServerProcess, plan: StormPlanOptions) {
  const calls = planStorm(plan);
  const latest = Date.now() + 15_000;
  for (;;) {
    const { rows } = await readStored(server.client(), server.database);
    const withheld = await withheldOf(server);
    const isRight = judgeList(calls, rows).length === 0 && withheld === expectedOf(calls).withheld;
    if (isRight || Date.now() > latest) return { rows, withheld };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function withheldOf(server: ServerProcess): Promise<number> {
  const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const found = /^callqueue_capture_verdicts_total\{result="withheld"\} (\d+)$/m.exec(await answer.text());
  return Number(found?.[1] ?? 0);
}
