import { mkdirSync, rmSync } from 'node:fs';
import { numberOf } from '../../bench/make-calls.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { watchProcess } from './process-watch.ts';
import { createServerProcess, type ServerProcess, TOKEN } from './server-process.ts';
import { readStored } from './stored.ts';
import { memoryFigure, stormFigures, stormPlan } from './storm.ts';
import { planStorm } from './storm-calls.ts';
import { judgeList } from './storm-judge.ts';
import { startStorm } from './storm-process.ts';

const PER_SECOND = 2_000;
const LONGEST_GAP_MS = 200;
const ROWS = 10_000;
const BODY_BYTES = 16 * 1024 ** 2 - 1024;

export const savesBesidePbx: Fault = {
  name: 'saves-beside-pbx',
  title: `saves of ${ROWS} rows, bodies of 16 MiB and backups while the PBX says ${PER_SECOND} events a second`,
  runs: 30,
  unit: 'seconds',
  skipReason: () => (process.platform === 'linux' ? undefined : 'needs /proc to see what is left unread'),
  async run({ runs, seed, folder, tell }) {
    const plan = stormPlan({ calls: runs * 20, ms: runs * 1000, seed });
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
    const ending = new AbortController();
    const work = Promise.all([
      save(server, ending.signal),
      sendBodies(server, ending.signal),
      backUp(server, folder, ending.signal),
    ]);
    const done = await port.done;
    ending.abort();
    const [saves, bodies, backups] = await work;
    tell(`${saves} saves, ${bodies} bodies, ${backups} backups`);
    watched.stop();
    const calls = planStorm(plan);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const { rows, damage } = await readStored(server.client(), server.database);
    const missed = rows.filter(({ source }) => source === 'missed_call');
    const figure = `${done.longestGapMs.toFixed(0)} ms`;
    return [
      ...stormFigures(done),
      { what: 'something unread and nothing read, longest', figure, isGood: done.longestGapMs < LONGEST_GAP_MS },
      noneOf('lost, double or in the wrong state', judgeList(calls, missed), `${calls.length} calls`),
      noneOf('damage of the database', damage, `${rows.length} rows`),
      {
        what: 'meanwhile',
        figure: `${saves} saves of ${ROWS} rows, ${bodies} of 16 MiB, ${backups} backups`,
        isGood: saves > 0 && bodies > 0 && backups > 0,
      },
      { ...memoryFigure(watched.mostMiB), isGood: true },
    ];
  },
};

async function save(server: ServerProcess, until: AbortSignal): Promise<number> {
  const client = server.client({ timeoutMs: 60_000 });
  let saves = 0;
  while (!until.aborted) {
    const calls = Array.from({ length: ROWS }, (_, index) => ({ caller_id: numberOf(saves * ROWS + index) }));
    await client.save({ project_id: 1, calls });
    saves += 1;
  }
  return saves;
}

/** As large as they may be, and refused for what is in them: it is the reading that costs. */
async function sendBodies(server: ServerProcess, until: AbortSignal): Promise<number> {
  const rows = Array.from({ length: 10_001 }, (_, index) => ({ caller_id: numberOf(index), campaign_info: '' }));
  const spare = Math.floor((BODY_BYTES - JSON.stringify(rows).length - 200) / rows.length);
  const calls = rows.map((row) => ({ ...row, campaign_info: 'x'.repeat(spare) }));
  const body = JSON.stringify({ action: 'save', data: { project_id: 1, calls } });
  let bodies = 0;
  while (!until.aborted) {
    const answer = await fetch(`${server.url}/api/call-queue`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body,
    });
    await answer.text();
    if (answer.status !== 400) throw new Error(`A body of ${body.length} bytes was answered with ${answer.status}`);
    bodies += 1;
  }
  return bodies;
}

async function backUp(server: ServerProcess, folder: string, until: AbortSignal): Promise<number> {
  let backups = 0;
  while (!until.aborted) {
    const path = `${folder}/copy`;
    mkdirSync(path);
    const { code, stderr } = await server.command(['backup', `${path}/callqueue.db`]);
    rmSync(path, { recursive: true });
    if (code !== 0) throw new Error(`The backup ended with ${code}: ${stderr}`);
    backups += 1;
  }
  return backups;
}
