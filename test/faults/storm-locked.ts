import { DatabaseSync } from 'node:sqlite';
import { type Fault, noneOf } from './fault-run.ts';
import { watchProcess } from './process-watch.ts';
import { createServerProcess } from './server-process.ts';
import { memoryFigure, stormFigures, stormPlan, untilListIs } from './storm.ts';
import { planStorm } from './storm-calls.ts';
import { judgeList } from './storm-judge.ts';
import { startStorm } from './storm-process.ts';

const PER_SECOND = 20_000;
const CALLS_PER_SECOND = 165;
/** Before the lock and behind it. */
const MARGIN_S = 4;

export const stormLocked: Fault = {
  name: 'storm-locked',
  title: `another process that holds the database while the PBX says ${PER_SECOND} events a second`,
  runs: 10,
  unit: 'seconds locked',
  skipReason: () => (process.platform === 'linux' ? undefined : 'needs /proc to see the memory of a process'),
  async run({ runs, seed, folder }) {
    const seconds = runs + 2 * MARGIN_S;
    const plan = stormPlan({ calls: seconds * CALLS_PER_SECOND, ms: seconds * 1000, seed });
    await using port = await startStorm({ ...plan, perSecond: PER_SECOND });
    await using server = createServerProcess({
      database: `${folder}/callqueue.db`,
      logFolder: folder,
      env: { CALLQUEUE_PBX: port.url },
    });
    await server.start();
    await port.ready;
    const watched = watchProcess(server.pid);
    await port.begin();
    await new Promise((resolve) => setTimeout(resolve, MARGIN_S * 1000));
    const other = new DatabaseSync(server.database);
    other.exec('BEGIN IMMEDIATE');
    await new Promise((resolve) => setTimeout(resolve, runs * 1000));
    other.exec('ROLLBACK');
    other.close();
    const done = await port.done;
    const { rows } = await untilListIs(server, plan);
    watched.stop();
    const calls = planStorm(plan);
    const tries = server.log().split('"StoreUnavailableError"').length - 1;
    return [
      ...stormFigures(done),
      { what: 'told that the database is held', figure: `${tries} times in the log`, isGood: tries > 0 },
      noneOf('lost, double or in the wrong state', judgeList(calls, rows), `${calls.length} calls`),
      memoryFigure(watched.mostMiB),
    ];
  },
};
