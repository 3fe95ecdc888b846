import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { COMMANDS } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/run.ts';

export const LAUNCHER = join(import.meta.dirname, '../../bin/callqueue.js');

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A working directory of its own, in which commands find no settings but those that a test puts there. */
export interface Workplace {
  folder: string;
  env: Record<string, string>;
  path(name: string): string;
  write(name: string, content: string | Uint8Array): string;
  read(name: string): string;
  /** Runs a command in this process. */
  run(args: readonly string[], options?: { stdin?: string; isTTY?: boolean; signal?: AbortSignal }): Promise<Outcome>;
  /** Starts a process of its own. */
  start(args: readonly string[], options?: { node?: string }): Started;
  remove(): Promise<void>;
}

export interface Started {
  process: ChildProcess;
  /** What stood in the first line of standard output. */
  firstLine: Promise<string>;
  /** What stands in standard error by now. */
  said(): string;
  /** Resolves when the process has ended. */
  outcome: Promise<Outcome>;
}

export function createWorkplace(env: Record<string, string> = {}): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'callqueue-cli-'));
  const children: Started[] = [];
  const path = (name: string) => join(folder, name);
  return {
    folder,
    env,
    path,
    write(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    read: (name) => readFileSync(path(name), 'utf8'),
    async run(args, { stdin = '', isTTY = false, signal = new AbortController().signal } = {}) {
      const [stdout, stderr] = [collector(isTTY), collector(isTTY)];
      const code = await run(COMMANDS, args, {
        env,
        cwd: folder,
        stdin: Readable.from([Buffer.from(stdin)]),
        stdout: stdout.stream,
        stderr: stderr.stream,
        signal,
      });
      return { code, stdout: stdout.text(), stderr: stderr.text() };
    },
    start(args, { node = process.execPath } = {}) {
      const started = startProcess(node, args, { cwd: folder, env });
      children.push(started);
      return started;
    },
    async remove() {
      for (const { process } of children) process.kill('SIGKILL');
      await Promise.all(children.map(({ outcome }) => outcome));
      rmSync(folder, { recursive: true });
    },
  };
}

function collector(isTTY: boolean) {
  const stream = new PassThrough() as PassThrough & { isTTY?: boolean };
  stream.isTTY = isTTY;
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

function startProcess(
  node: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
) {
  const child = spawn(node, [LAUNCHER, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
      const end = stdout.indexOf('\n');
      if (end >= 0) resolve(stdout.slice(0, end));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    outcome.then(() => reject(new Error(`It ended before it said anything: ${stderr}`)), reject);
  });
  // Not every test waits for the first line.
  firstLine.catch(() => undefined);
  return { process: child, firstLine, said: () => stderr, outcome };
}
