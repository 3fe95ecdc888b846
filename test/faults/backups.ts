import { mkdirSync, rmSync } from 'node:fs';
import { randomOf } from '../../bench/make-calls.ts';
import { callTogether } from './callers.ts';
import { type Fault, noneOf } from './fault-run.ts';
import { judge, judgeConsistency } from './judge.ts';
import { createLedger } from './ledger.ts';
import { createServerProcess, type ServerProcess } from './server-process.ts';
import { readStored, type Stored } from './stored.ts';

const CALLERS = 4;

export const backups: Fault = {
  name: 'backups',
  title: 'backup while calls change',
  runs: 100,
  unit: 'backups',
  async run({ runs, seed, folder, tell }) {
    const random = randomOf(seed);
    await using server = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
    await server.start();
    const ledger = createLedger();
    let names = 0;
    const working = callTogether(CALLERS, server.client(), ledger, random, () => ++names);
    const copies: Stored[] = [];
    const wrong: string[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const path = `${folder}/copy-${run}`;
      mkdirSync(path);
      const { code, stderr } = await server.command(['backup', `${path}/callqueue.db`]);
      if (code === 0) copies.push(await readCopy(path));
      else wrong.push(`backup ${run} ended with ${code}: ${stderr}`);
      rmSync(path, { recursive: true });
      if (run % 10 === 0) tell(`${run} of ${runs} backups`);
    }
    await server.stop();
    await working;
    await server.start();
    const stored = await readStored(server.client(), server.database);
    wrong.push(...copies.flatMap((copy, index) => judgeCopy(`backup ${index + 1}`, copy, stored)));
    const sizes = copies.map(({ feed }) => feed.length);
    return [
      noneOf('backups that failed, are damaged or no beginning of what came', wrong, `${runs} backups`),
      { what: 'changes in the first and the last', figure: `${sizes[0]}, ${sizes.at(-1)}`, isGood: sizes.length > 0 },
      noneOf('lost, half, double or at odds in the original', judge(ledger, stored), `${stored.feed.length} changes`),
    ];
  },
};

/** As a server shows it that is started over the copy. */
async function readCopy(folder: string): Promise<Stored> {
  await using server: ServerProcess = createServerProcess({ database: `${folder}/callqueue.db`, logFolder: folder });
  await server.start();
  return await readStored(server.client(), server.database);
}

/** Everything up to a moment, nothing of what came after it: what is in the copy is as it was, row by row. */
export function judgeCopy(name: string, copy: Stored, original: Stored): string[] {
  const wrong = judgeConsistency(copy).map((problem) => `${name}: ${problem}`);
  const strange = copy.feed.find(({ sequence, callId }) => original.feed[sequence - 1]?.callId !== callId);
  if (strange !== undefined) wrong.push(`${name}: change ${strange.sequence} is another one`);
  const known = new Map(original.history.map((entry) => [`${entry.callId} ${entry.number}`, JSON.stringify(entry)]));
  const other = copy.history.find((entry) => known.get(`${entry.callId} ${entry.number}`) !== JSON.stringify(entry));
  if (other !== undefined) wrong.push(`${name}: entry ${other.number} of call ${other.callId} is another one`);
  return wrong;
}
