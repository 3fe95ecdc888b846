import { randomOf } from '../../bench/make-calls.ts';
import { callTogether } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge, judgeUnanswered } from './judge.ts';
import { acknowledged, createLedger } from './ledger.ts';
import { createServerProcess } from './server-process.ts';
import { readStored } from './stored.ts';

const CALLERS = 8;

export const stops: Fault = {
  name: 'stops',
  title: 'SIGTERM under load',
  runs: 100,
  unit: 'restarts',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed);
    await using server = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
    const client = server.client();
    const ledger = createLedger();
    let names = 0;
    let longest = 0;
    const failed: string[] = [];
    await server.start();
    for (let run = 1; run <= runs; run += 1) {
      const working = callTogether(CALLERS, client, ledger, random, () => ++names);
      await new Promise((resolve) => setTimeout(resolve, 1 + random() * 499));
      const { code, seconds } = await server.stop();
      await working;
      longest = Math.max(longest, seconds);
      if (code !== 0) failed.push(`ended with ${code}`);
      await server.start();
      if (run % 10 === 0) tell(`${run} of ${runs} restarts`);
    }
    const stored = await readStored(client, server.database);
    const { saves, deeds } = acknowledged(ledger);
    return [
      noneOf('ends that were no success', failed, `${runs} restarts`),
      { what: 'longest stop', figure: `${longest.toFixed(2)} s`, isGood: longest < 10 },
      noneOf('changes made and not answered', judgeUnanswered(ledger, stored), `${saves} saves, ${deeds} deeds`),
      noneOf('lost, half, double or at odds', judge(ledger, stored), `${saves} saves, ${deeds} deeds`),
    ];
  },
};
