import type { MessagePort } from 'node:worker_threads';
import type { Command, CommandContext } from '../../core/call-command.ts';
import type { Derivation } from '../../core/call-store.ts';
import type { TidyLimits } from '../../core/call-writer.ts';
import type { CommittedGroup } from './group-commit.ts';
import { createOutbox } from './outbox.ts';
import { type PlainError, plainError } from './plain-error.ts';
import { createStoreWriter } from './store-writer.ts';
import { type Answer, answerQuestions } from './thread-questions.ts';
import { openWriterConnection } from './writer-connection.ts';

export interface ServeWriterOptions {
  port: MessagePort;
  path: string;
  derivation: Derivation;
  lockWaitMs: number;
}

export type WriterQuestion =
  | { kind: 'execute'; command: Command; context: CommandContext }
  | { kind: 'tidy'; limits: TidyLimits }
  | { kind: 'check' }
  | { kind: 'close' };

export type WriterMessage =
  | Answer
  | { kind: 'ready' }
  /** Something was committed. Comes before the answers to it. */
  | { kind: 'committed'; group: CommittedGroup }
  | { kind: 'fatal'; error: PlainError };

/** The program of the writing thread: carries out what writer-thread.ts asks. Ends when it is told to close. */
export function serveWriter({ port, path, derivation, lockWaitMs }: ServeWriterOptions): void {
  const post = createOutbox<WriterMessage>(port);
  const writer = createStoreWriter({
    connection: openWriterConnection(path),
    derivation,
    lockWaitMs,
    onCommit: (group) => post({ kind: 'committed', group }),
    onFatal: (error) => post({ kind: 'fatal', error: plainError(error) }),
  });
  answerQuestions(port, post, async (question: WriterQuestion): Promise<unknown> => {
    switch (question.kind) {
      case 'execute':
        return writer.execute(question.command, question.context);
      case 'tidy':
        return writer.tidy(question.limits);
      case 'check':
        return writer.checkWritable();
      case 'close':
        await writer.close();
        // After the answer, which goes out in the next turn.
        setImmediate(() => setImmediate(() => port.close()));
    }
  });
  post({ kind: 'ready' });
}
