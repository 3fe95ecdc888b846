import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A process of the bench's own that is sent orders and answers each with one message. */
export interface Child<Order, Reply> extends AsyncDisposable {
  pid: number;
  /** The next message that comes. */
  reply(): Promise<Reply>;
  order(order: Order): Promise<Reply>;
  /** How it ended, if it has. */
  end(): string | undefined;
}

/** @param script its name beside this file */
export function startChild<Order, Reply>(script: string, env: NodeJS.ProcessEnv = process.env): Child<Order, Reply> {
  const child = fork(join(import.meta.dirname, script), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const reply = () => nextMessage<Reply>(child, script);
  return {
    pid: child.pid as number,
    reply,
    end: () => endOf(child),
    order(order) {
      const answered = reply();
      child.send(order as object);
      return answered;
    },
    async [Symbol.asyncDispose]() {
      if (endOf(child) !== undefined) return;
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

/** Exit code or signal of a process; undefined while it runs. */
export function endOf({ exitCode, signalCode }: Pick<ChildProcess, 'exitCode' | 'signalCode'>): string | undefined {
  return exitCode === null ? (signalCode ?? undefined) : `exit code ${exitCode}`;
}

async function nextMessage<Reply>(child: ChildProcess, script: string): Promise<Reply> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as Reply),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${script} ended with ${code}`);
      }),
    ]);
  } finally {
    settled.abort();
  }
}
