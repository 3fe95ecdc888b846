import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Fault } from './fault-run.ts';

/** ami-framing.ts as it stands, in a process of its own, since it measures the memory that it keeps. */
export const framing: Fault = {
  name: 'framing',
  title: 'changed recordings of the manager port',
  runs: 1_000_000,
  unit: 'messages',
  async run({ runs, seed }) {
    const script = join(import.meta.dirname, 'ami-framing.ts');
    const args = ['--expose-gc', script, '--messages', String(runs), '--seed', String(seed)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [table, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const figure = (name: string) => new RegExp(`│ ${name} +│ (\\S+) +│`).exec(table)?.[1] ?? '?';
    const [messages, events] = [figure('messages'), figure('legEvents')];
    return [
      {
        what: 'thrown at, or found otherwise than by the plain rules',
        figure: code === 0 ? `0 in ${messages}` : 'see above',
        isGood: code === 0,
      },
      { what: 'understood', figure: `${events} events, ${figure('verdicts')} verdicts`, isGood: Number(events) > 0 },
      { what: 'memory kept', figure: `${figure('keptMib')} MiB`, isGood: code === 0 },
    ];
  },
};
