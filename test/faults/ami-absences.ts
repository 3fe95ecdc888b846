import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomOf } from '../../bench/make-calls.ts';
import { AmiPlayer } from '../support/ami-player.ts';
import { callMessages } from '../support/call-messages.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { createServerProcess, type ServerProcess } from './server-process.ts';
import { readStored } from './stored.ts';
import { STORM_NUMBERS } from './storm-calls.ts';

const AWAY = 200;
const LIVE = 20;
const WAITING = 10;
const PATIENCE_MS = 20_000;

export const absences: Fault = {
  name: 'absences',
  title: `a service that is killed or stopped while ${AWAY} calls come and go, with queue_log rotated and cut meanwhile`,
  runs: 20,
  unit: 'absences',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed);
    const queueLog = `${folder}/queue_log`;
    writeFileSync(queueLog, '1795465000|NONE|NONE|NONE|QUEUESTART|\n');
    await using player = await AmiPlayer.start({ queueLog });
    await using server = createServerProcess({
      database: `${folder}/callqueue.db`,
      logFolder: folder,
      env: { CALLQUEUE_PBX: player.url, CALLQUEUE_PBX_QUEUE_LOG: queueLog },
    });
    const expected = new Map<string, number>();
    let calls = 0;
    const newCall = (isMissed: boolean) => {
      calls += 1;
      const number = isMissed ? (STORM_NUMBERS[calls % STORM_NUMBERS.length] as string) : '+12025550100';
      if (isMissed) expected.set(number, (expected.get(number) ?? 0) + 1);
      return callMessages(`${Math.floor(Date.now() / 1000)}.${calls}`, number);
    };
    const wrong: string[] = [];
    const begin = async (run: number) => {
      const lists = player.server.requests.filter(({ action }) => action === 'CoreShowChannels').length;
      await server.start();
      await player.server.received('CoreShowChannels', lists + 1);
      const different = await untilCounted(server, expected);
      if (different !== undefined) wrong.push(`absence ${run}: ${different}`);
    };
    await begin(0);
    for (let run = 1; run <= runs; run += 1) {
      for (let nth = 0; nth < LIVE; nth += 1) {
        const call = newCall(true);
        await player.say([...call.begins, ...call.joins, ...call.givesUp]);
      }
      const waiting = Array.from({ length: WAITING }, (_, nth) => newCall(nth % 3 !== 0));
      for (const call of waiting) await player.say([...call.begins, ...call.joins]);
      // In the middle of what is being decided and stored, or a little later.
      await new Promise((resolve) => setTimeout(resolve, random() * 800));
      if (run % 2 === 0) await server.stop();
      else await server.kill();
      const rotatedAt = Math.floor((AWAY - 1) * random());
      for (let nth = 0; nth < AWAY; nth += 1) {
        const call = newCall(true);
        player.missed([...call.begins, ...call.joins, ...call.givesUp]);
        if (nth === rotatedAt) rotate(queueLog, run);
      }
      const [early, late] = [waiting.slice(0, WAITING / 2), waiting.slice(WAITING / 2)];
      for (const [nth, call] of early.entries()) {
        player.missed(nth % 3 === 0 ? [...call.isConnected, ...call.hangsUp] : call.givesUp);
      }
      // Cut in the middle of a line until the service is back.
      const whole = readFileSync(queueLog);
      writeFileSync(queueLog, whole.subarray(0, whole.length - 9));
      const beginning = begin(run);
      await player.server.received('CoreShowChannels', run + 1);
      writeFileSync(queueLog, whole.subarray(whole.length - 9), { flag: 'a' });
      for (const [nth, call] of late.entries()) {
        await player.say((nth + early.length) % 3 === 0 ? [...call.isConnected, ...call.hangsUp] : call.givesUp);
      }
      await beginning;
      if (run % 5 === 0) tell(`${run} of ${runs} absences, ${calls} calls`);
    }
    const { rows } = await readStored(server.client(), server.database);
    const misses = rows.reduce((sum, { missed_count }) => sum + missed_count, 0);
    return [noneOf('lost or doubled', wrong, `${runs} absences, ${misses} missed calls of ${calls} calls`)];
  },
};

/** As logrotate does it: by another name, or by a copy that is emptied. */
function rotate(queueLog: string, run: number): void {
  if (run % 3 === 0) {
    copyFileSync(queueLog, `${queueLog}.${run}`);
    writeFileSync(queueLog, '');
  } else renameSync(queueLog, `${queueLog}.${run}`);
}

/** Waits until the list counts what it should. @returns how it differs when it does not */
async function untilCounted(server: ServerProcess, expected: ReadonlyMap<string, number>): Promise<string | undefined> {
  const latest = Date.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await readStored(server.client(), server.database);
    const counted = new Map(rows.map(({ caller_id, missed_count }) => [caller_id, missed_count]));
    const numbers = [...new Set([...counted.keys(), ...expected.keys()])];
    const different = numbers.find((number) => counted.get(number) !== expected.get(number));
    if (different === undefined) return undefined;
    if (Date.now() > latest)
      return `${different} is counted ${counted.get(different)} of ${expected.get(different)} times`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
