import { type Fault, noneOf } from './fault-run.ts';
import { followMisses } from './miss-follower.ts';
import { createServerProcess } from './server-process.ts';
import { readStored } from './stored.ts';
import { below, stormFigures, stormPlan } from './storm.ts';
import { planStorm } from './storm-calls.ts';
import { delaysOf, judgeList, quantileOf } from './storm-judge.ts';
import { startStorm } from './storm-process.ts';

const CALLS_PER_SECOND = 50;
const LONGEST_MS = 1_000;
/** The last calls are decided a little later than they end. */
const LAST_MS = 2_000;

export const hangups: Fault = {
  name: 'hangups',
  title: `from the hang-up to the answer of the API, ${CALLS_PER_SECOND} calls a second`,
  runs: 1_000,
  unit: 'calls',
  skipReason: () => (process.platform === 'linux' ? undefined : 'needs /proc to see what is left unread'),
  async run({ runs, seed, folder }) {
    const plan = stormPlan({ calls: runs, ms: Math.max(1_000, (runs * 1000) / CALLS_PER_SECOND), seed });
    await using port = await startStorm({ ...plan, perSecond: 0 });
    await using server = createServerProcess({
      database: `${folder}/callqueue.db`,
      logFolder: folder,
      env: { CALLQUEUE_PBX: port.url },
    });
    await server.start();
    await port.ready;
    const follower = followMisses(server.client(), { readsEach: true });
    const begunAt = await port.begin();
    const done = await port.done;
    await new Promise((resolve) => setTimeout(resolve, LAST_MS));
    await follower[Symbol.asyncDispose]();
    const calls = planStorm(plan);
    const { rows } = await readStored(server.client(), server.database);
    const delays = delaysOf(calls, { begunAt, endedMs: done.endedMs, seen: follower.seen });
    const { length } = delays;
    return [
      ...stormFigures(done),
      noneOf('lost, double or in the wrong state', judgeList(calls, rows), `${calls.length} calls`),
      below(`from hang-up to read, half of ${length}`, quantileOf(delays, 0.5), LONGEST_MS),
      below(`from hang-up to read, 99 of 100 of ${length}`, quantileOf(delays, 0.99), LONGEST_MS),
      below('from hang-up to read, the longest', quantileOf(delays, 1), LAST_MS),
      below('the read itself, 99 of 100', quantileOf(follower.readMs, 0.99), LONGEST_MS),
    ];
  },
};
