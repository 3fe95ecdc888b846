import type { MessagePort } from 'node:worker_threads';
import type { Derivation } from '../../core/call-store.ts';
import { createOutbox } from './outbox.ts';
import { createStoreWriter } from './store-writer.ts';
import { openWriterConnection } from './writer-connection.ts';
import { plainError, type WriterReply, type WriterRequest } from './writer-messages.ts';

export interface ServeWriterOptions {
  port: MessagePort;
  path: string;
  derivation: Derivation;
  lockWaitMs: number;
}

/** The writing thread: carries out what writer-thread.ts sends. Ends the thread when it is told to close. */
export function serveWriter({ port, path, derivation, lockWaitMs }: ServeWriterOptions): void {
  const post = createOutbox<WriterReply>(port);
  const writer = createStoreWriter({
    connection: openWriterConnection(path),
    derivation,
    lockWaitMs,
    onCommit: (group) => post({ kind: 'committed', group }),
    onFatal: (error) => post({ kind: 'fatal', error: plainError(error) }),
  });

  const carryOut = async (request: WriterRequest): Promise<unknown> => {
    switch (request.kind) {
      case 'execute':
        return writer.execute(request.command, request.context);
      case 'tidy':
        return writer.tidy(request.limits);
      case 'check':
        return writer.checkWritable();
      case 'close':
        return writer.close();
    }
  };

  port.on('message', (requests: WriterRequest[]) => {
    for (const request of requests) {
      const { number, kind } = request;
      carryOut(request)
        .then(
          (result) => post({ kind: 'done', number, result }),
          (error: unknown) => post({ kind: 'failed', number, error: plainError(error) }),
        )
        .finally(() => {
          if (kind === 'close') setImmediate(() => port.close());
        });
    }
  });
  post({ kind: 'ready' });
}
