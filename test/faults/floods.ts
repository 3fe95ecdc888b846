import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Fault } from './fault-run.ts';

/** http-floods.ts as it stands, in a process of its own, since it measures its server's garbage collection. */
export const floods: Fault = {
  name: 'floods',
  title: 'slow clients and floods of requests',
  runs: 60,
  unit: 'seconds of slow clients',
  async run({ runs }) {
    const script = join(import.meta.dirname, 'http-floods.ts');
    const child = spawn(process.execPath, [script, '--seconds', String(runs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const [code] = await once(child, 'close');
    const figures = [...text.matchAll(/^(.{42}) (.{24}) .*?(ok|missed)/gm)].map(([, what = '', figure = '', word]) => ({
      ...{ what: what.trim(), figure: figure.trim() },
      isGood: word === 'ok',
    }));
    return [...figures, { what: 'ended with', figure: String(code), isGood: code === 0 && figures.length > 0 }];
  },
};
