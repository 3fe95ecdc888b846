import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { AmiPlayer, type PlayedMessage, playedMessages } from '../support/ami-player.ts';
import { plainDerivation } from '../support/derivation.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf } from '../support/pbx-watch.ts';
import { type Fault, noneOf } from './fault-run.ts';

/** Recordings of a PBX that ends with a caller in the queue: told to, and killed. */
const ENDINGS = ['01g-core-restart-now', '01i-process-killed'] as const;

export const pbxRestarts: Fault = {
  name: 'pbx-restarts',
  title: 'a PBX that restarts with callers waiting, and gives out the same ids again',
  runs: 1_000,
  unit: 'restarts',
  async run({ runs, folder, tell }) {
    const timers = new ManualTimers();
    const store = await openSqliteStore({ path: `${folder}/callqueue.db`, derivation: plainDerivation });
    await using player = await AmiPlayer.start({ now: () => secondsOf(timers) });
    await using listener = await startPbxListener({ player, timers, store });
    await listener.pbx.isUp();
    const recordings = ENDINGS.map((name) => playedMessages(name));
    const killed = recordings[1] as readonly PlayedMessage[];
    const wrong: string[] = [];
    let expected = 0;
    for (let run = 1; run <= runs; run += 1) {
      const isUnseen = run % 3 === 0;
      if (isUnseen) {
        // The same caller, by the same id, waits in the new process before anybody listens, and gives up unheard.
        await player.say(killed);
        await listener.hasHeardAll();
        await endOfPbx(player, listener);
        player.missed(killed);
        await listener.isBack();
        await endOfPbx(player, listener);
        await listener.isBack();
      } else {
        await player.say(recordings[run % 2] ?? []);
        await listener.hasHeardAll();
        await endOfPbx(player, listener);
        await listener.isBack();
      }
      expected += isUnseen ? 2 : 1;
      timers.advance(2_000);
      const counted = await missesOf(listener);
      if (counted !== expected) wrong.push(`restart ${run}: ${counted} misses are counted, ${expected} there were`);
      expected = counted;
      if (run % 100 === 0) tell(`${run} of ${runs} restarts`);
    }
    const { legs, lost } = listener.pbx.watch.status();
    const gaps = await store.captureGaps({ since: 0, limit: 10_000 });
    const lasting = gaps.filter(({ to }) => to === null).length;
    await listener[Symbol.asyncDispose]();
    await store.close();
    return [
      noneOf('lost or doubled', wrong, `${runs} restarts, ${expected} missed calls`),
      { what: 'legs kept at the end', figure: `${legs}, ${lost} given up`, isGood: legs === 0 && lost === 0 },
      {
        what: 'gaps shown',
        figure: `${gaps.length}, ${lasting} of them last`,
        isGood: gaps.length > 0 && lasting === 0,
      },
    ];
  },
};

/** Its connections end, and all that it had. */
async function endOfPbx(player: AmiPlayer, listener: PbxListener): Promise<void> {
  await listener.isCut();
  player.restart();
}

async function missesOf(listener: PbxListener): Promise<number> {
  return (await listener.rows()).reduce((sum, { missedCount }) => sum + missedCount, 0);
}
