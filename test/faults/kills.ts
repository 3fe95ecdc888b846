import type { Fault } from './fault-run.ts';
import { noneOf } from './fault-run.ts';
import { judge } from './judge.ts';
import { runKillRounds } from './kill-rounds.ts';
import { acknowledged } from './ledger.ts';

export const kills: Fault = {
  name: 'kills',
  title: 'SIGKILL in the middle of changes',
  runs: 100,
  unit: 'kills',
  async run({ runs, seed, folder, tell }) {
    const { ledger, stored, wrong } = await runKillRounds({
      ...{ rounds: runs, seed, folder },
      tell: (round) => round % 10 === 0 && tell(`${round} of ${runs} kills`),
    });
    const { saves, calls, deeds, open } = acknowledged(ledger);
    // A judge that lets a lie pass proves nothing.
    const lie = { event: 'claimed', agent: 'agent-never', id: 1, isAcknowledged: true } as const;
    const isNoticed = judge({ batches: [], deeds: [lie] }, stored)
      .join()
      .includes('agent-never');
    return [
      noneOf('lost, half, double or at odds', wrong, `${runs} kills`),
      { what: 'acknowledged', figure: `${saves} saves of ${calls} calls, ${deeds} deeds`, isGood: saves * deeds > 0 },
      { what: 'never answered', figure: `${open}`, isGood: true },
      { what: 'the judge notices an invented acknowledgement', figure: isNoticed ? 'yes' : 'no', isGood: isNoticed },
    ];
  },
};
