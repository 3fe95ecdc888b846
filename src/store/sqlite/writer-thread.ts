import type { Worker } from 'node:worker_threads';
import type { CommandResult } from '../../core/call-command.ts';
import type { Tidied } from '../../core/call-writer.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import { Backlog } from './backlog.ts';
import type { CommittedGroup } from './group-commit.ts';
import { createOutbox } from './outbox.ts';
import { type StoreWriter, weightOf } from './store-writer.ts';
import { revivedError, type WriterReply, type WriterRequest } from './writer-messages.ts';

export interface WriterThreadOptions {
  /** A thread that runs serveWriter. */
  worker: Worker;
  path: string;
  onCommit(group: CommittedGroup): void;
  /** The thread ended without being asked to, or cannot be trusted any more. */
  onFatal(error: Error): void;
}

type Question = WriterRequest extends infer R ? (R extends WriterRequest ? Omit<R, 'number'> : never) : never;

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The writer in a thread of its own, so that neither the disk nor a large save holds up who reads.
 * Resolves when it has opened the database. @throws what it failed with
 */
export async function startWriterThread(options: WriterThreadOptions): Promise<StoreWriter> {
  const { worker, path, onCommit, onFatal } = options;
  const post = createOutbox<WriterRequest>(worker);
  const backlog = new Backlog();
  const pending = new Map<number, Pending>();
  let number = 0;
  let closing: Promise<void> | undefined;
  const ready = Promise.withResolvers<void>();
  let isReady = false;

  function ask(question: Question): Promise<unknown> {
    number += 1;
    const request = { ...question, number } as WriterRequest;
    const answer = new Promise((resolve, reject) => pending.set(number, { resolve, reject }));
    post(request);
    return answer;
  }

  function hear(reply: WriterReply): void {
    switch (reply.kind) {
      case 'ready':
        isReady = true;
        ready.resolve();
        return;
      case 'done':
        pending.get(reply.number)?.resolve(reply.result);
        pending.delete(reply.number);
        return;
      case 'failed':
        pending.get(reply.number)?.reject(revivedError(reply.error));
        pending.delete(reply.number);
        return;
      case 'committed':
        onCommit(reply.group);
        return;
      case 'fatal':
        onFatal(revivedError(reply.error));
        return;
    }
  }

  function end(error: Error): void {
    const lost = new StoreUnavailableError('The writing thread ended; it is not known whether this was stored', {
      cause: error,
    });
    for (const { reject } of pending.values()) reject(lost);
    pending.clear();
    if (!isReady) ready.reject(error);
    else if (closing === undefined) onFatal(new Error(`The writing thread ended: ${error.message}`, { cause: error }));
  }

  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      end(new Error(`exit code ${code}`));
      resolve();
    });
  });
  let isFailed = false;
  worker.once('error', (error) => {
    isFailed = true;
    end(error as Error);
  });
  worker.on('message', (replies: WriterReply[]) => replies.forEach(hear));
  await ready.promise;

  const refuseWhenEnded = () => {
    if (closing !== undefined) throw new StoreUnavailableError(`The database is closed (${path})`);
    if (isFailed) throw new StoreUnavailableError('The writing thread has ended');
  };
  return {
    async execute(command, context) {
      refuseWhenEnded();
      return (await backlog.hold(weightOf(command), () => ask({ kind: 'execute', command, context }))) as CommandResult;
    },
    async tidy(limits) {
      refuseWhenEnded();
      return (await ask({ kind: 'tidy', limits })) as Tidied;
    },
    async checkWritable() {
      refuseWhenEnded();
      await ask({ kind: 'check' });
    },
    close() {
      closing ??= isFailed ? exited : ask({ kind: 'close' }).then(() => exited);
      return closing;
    },
  };
}
