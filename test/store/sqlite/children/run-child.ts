import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  process: ChildProcess;
  /** Resolves when the child has printed the line; rejects when it ends without. */
  printed(line: string): Promise<void>;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  /** All that it has printed. */
  output(): string;
}

/** Starts one of the programs of this folder; what is left of it is killed after the test. */
export function runChild(name: string, ...args: string[]): Child {
  return runChildBy([], name, ...args);
}

/** The same under another program, such as strace. */
export function runChildBy(wrapper: readonly string[], name: string, ...args: string[]): Child {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const [program = '', ...rest] = [...wrapper, process.execPath, file, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    child.emit('progress');
  });
  const ended = once(child, 'close').then(([code, signal]) => signal ?? code);
  return {
    process: child,
    ended,
    output: () => output,
    async printed(line) {
      while (!output.includes(`${line}\n`)) {
        const isOver = await Promise.race([once(child, 'progress').then(() => false), ended.then(() => true)]);
        if (isOver && !output.includes(`${line}\n`)) throw new Error(`${name} ended without printing ${line}`);
      }
    },
  };
}
