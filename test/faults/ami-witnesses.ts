import { writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { Row } from '#client';
import { randomOf } from '../../bench/make-calls.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { AmiPlayer, type PlayedMessage } from '../support/ami-player.ts';
import { plainDerivation } from '../support/derivation.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf, turns, WATCH_START } from '../support/pbx-watch.ts';
import { messagesOf } from '../support/present-channels.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { expectedOf, planStorm, type StormCall } from './storm-calls.ts';
import { judgeList } from './storm-judge.ts';
import { timeline } from './storm-timeline.ts';

const CALLS_PER_SECOND = 50;
const TICK_MS = 100;
/** Instance two begins anew so often, and reads again what it has read already. */
const RESTARTS = 8;

export const witnesses: Fault = {
  name: 'witnesses',
  title: 'two instances and a record of queues that all tell of the same calls, in any order',
  runs: 10_000,
  unit: 'calls',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed + 1);
    const timers = new ManualTimers();
    const now = () => secondsOf(timers);
    const queueLog = `${folder}/queue_log`;
    writeFileSync(queueLog, '');
    const store = await openSqliteStore({ path: `${folder}/callqueue.db`, derivation: plainDerivation });
    await using one = await AmiPlayer.start({ now, queueLog });
    await using two = await AmiPlayer.start({ now });
    // What an instance has found may reach the database at any time after.
    const hold = async () => {
      for (let left = Math.floor(random() ** 3 * 40); left > 0; left -= 1) await turn();
    };
    const start = (player: AmiPlayer, instance: string) =>
      startPbxListener({ player, timers, store, queueLog, instance, hold });
    await using first = await start(one, 'one');
    let second: PbxListener | undefined = await start(two, 'two');
    await Promise.all([first.pbx.isUp(), second.pbx.isUp()]);

    const ms = (runs * 1000) / CALLS_PER_SECOND;
    const plan = planStorm({ calls: runs, ms, seed, epoch: WATCH_START });
    const due = timeline(plan);
    let next = 0;
    let restarts = 0;
    let beginsAgainAt = 0;
    for (let at = 0; next < due.length; at += TICK_MS) {
      const messages: PlayedMessage[] = [];
      for (let step = due[next]; step !== undefined && step.atMs <= at; step = due[++next]) {
        messages.push(messageOf(step.call, step.text(step.call)));
      }
      await Promise.all([one.say(messages), two.say(messages.map((said) => ({ ...said, queueLogLines: [] })))]);
      // Time does not run away from the sockets: an instance that read late would tell a later time of the same call.
      await Promise.all([first.hasReadAll(), second?.hasReadAll()]);
      timers.advance(TICK_MS);
      await turns(1 + Math.floor(random() * 4));
      if (second === undefined && at >= beginsAgainAt) {
        second = await start(two, 'two');
        await second.pbx.isUp();
        tell(`${next} of ${due.length} events, instance two has begun anew`);
      }
      if (second === undefined || at < (ms * (restarts + 1)) / (RESTARTS + 1) || restarts === RESTARTS) continue;
      restarts += 1;
      await second[Symbol.asyncDispose]();
      second = undefined;
      beginsAgainAt = at + random() * 3_000;
    }
    const rows = await rowsWhenRight(first, plan);
    const double = first.recorded.filter((as) => as === 'double').length;
    await second?.[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await store.close();
    const { items } = expectedOf(plan);
    const misses = [...items.values()].reduce((sum, { missedCount }) => sum + missedCount, 0);
    return [
      noneOf('lost, double or in the wrong state', judgeList(plan, rows), `${misses} misses in ${items.size} rows`),
      { what: 'known already when the first instance told', figure: `${double}`, isGood: double > 0 },
      { what: 'times that instance two began anew', figure: `${restarts}`, isGood: restarts === RESTARTS },
    ];
  },
};

/** A message, and the line that stands in the record of queues with it. */
function messageOf(call: StormCall, text: string): PlayedMessage {
  const [said] = messagesOf(Buffer.from(`${text}\r\n\r\n`));
  if (said === undefined) throw new Error(`No message: ${text}`);
  const line = queueLogLine(call, said.message.event ?? '');
  return { ...said, queueLogLines: line === undefined ? [] : [`0|${call.legId}|sales|${line}`] };
}

function queueLogLine({ kind, number }: StormCall, event: string): string | undefined {
  switch (event) {
    case 'QueueCallerJoin':
      return `NONE|ENTERQUEUE||${number ?? ''}|1`;
    case 'QueueCallerAbandon':
      return kind === 'queue_timeout' ? 'NONE|EXITWITHTIMEOUT|1|1|2' : 'NONE|ABANDON|1|1|2';
    case 'QueueCallerLeave':
      return kind === 'exit_key' ? 'NONE|EXITWITHKEY|1|1|1|2' : undefined;
    case 'AgentConnect':
      return 'Agent 1|CONNECT|1|bridged|1';
    case 'AgentComplete':
      return 'Agent 1|COMPLETECALLER|1|2|1';
    default:
      return undefined;
  }
}

/** Lets everything be decided and stored. */
async function rowsWhenRight(listener: PbxListener, plan: readonly StormCall[]): Promise<Row[]> {
  let rows: Row[] = [];
  for (let round = 0; round < 20; round += 1) {
    await listener.pbx.settle();
    await turns(100);
    rows = (await listener.rows()).map(({ callerId, missedCount, status }) => ({
      ...{ caller_id: callerId, missed_count: missedCount, status },
    })) as Row[];
    if (judgeList(plan, rows).length === 0) break;
  }
  return rows;
}
