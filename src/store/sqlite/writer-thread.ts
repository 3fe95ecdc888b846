import type { Worker } from 'node:worker_threads';
import { Backlog } from '../../core/backlog.ts';
import type { CommandResult } from '../../core/call-command.ts';
import type { Tidied } from '../../core/call-writer.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { CommittedGroup } from './group-commit.ts';
import { revivedError } from './plain-error.ts';
import type { WriterMessage, WriterQuestion } from './serve-writer.ts';
import { type StoreWriter, weightOf } from './store-writer.ts';
import { ThreadQuestions } from './thread-questions.ts';

export interface WriterThreadOptions {
  /** A thread that runs serveWriter. */
  worker: Worker;
  path: string;
  onCommit(group: CommittedGroup): void;
  /** The thread ended without being asked to, or cannot be trusted any more. */
  onFatal(error: Error): void;
}

/**
 * The writer in a thread of its own, so that neither the disk nor a large save holds up who reads. Resolves when it has
 * opened the database.
 * @throws what it failed with
 */
export async function startWriterThread({
  worker,
  path,
  onCommit,
  onFatal,
}: WriterThreadOptions): Promise<StoreWriter> {
  const questions = new ThreadQuestions<WriterQuestion>(worker);
  const backlog = new Backlog();
  const ready = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let state: 'starting' | 'open' | 'closing' | 'ended' = 'starting';
  let closed: Promise<void> | undefined;

  function hear(message: WriterMessage): void {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'committed') onCommit(message.group);
    else if (message.kind === 'fatal') onFatal(revivedError(message.error));
    else questions.settle(message);
  }

  function end(reason: Error): void {
    if (state === 'ended') return;
    const isUnexpected = state === 'open';
    state = 'ended';
    ready.reject(reason);
    questions.fail(
      new StoreUnavailableError('The thread that stores calls has ended; it is not known whether this was stored', {
        cause: reason,
        isOutcomeUnknown: true,
      }),
    );
    if (isUnexpected)
      onFatal(new Error(`The thread that stores calls has ended: ${reason.message}`, { cause: reason }));
  }

  worker.on('message', (messages: WriterMessage[]) => messages.forEach(hear));
  worker.once('error', (error) => end(error as Error));
  worker.once('exit', (code) => {
    end(new Error(`exit code ${code}`));
    exited.resolve();
  });
  await ready.promise;
  state = 'open';

  function ask(question: WriterQuestion): Promise<unknown> {
    if (state === 'open') return questions.ask(question);
    const what = state === 'closing' ? `The database is closed (${path})` : 'The thread that stores calls has ended';
    return Promise.reject(new StoreUnavailableError(what));
  }

  async function close(): Promise<void> {
    if (state === 'open') {
      const answered = questions.ask({ kind: 'close' });
      state = 'closing';
      await answered;
    }
    await exited.promise;
  }

  return {
    execute: (command, context) =>
      backlog.hold(weightOf(command), () => ask({ kind: 'execute', command, context })) as Promise<CommandResult>,
    tidy: (limits) => ask({ kind: 'tidy', limits }) as Promise<Tidied>,
    checkWritable: () => ask({ kind: 'check' }) as Promise<void>,
    close() {
      closed ??= close();
      return closed;
    },
  };
}
