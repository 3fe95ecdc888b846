import type { Call } from '../../core/call.ts';
import type { CallStats } from '../../core/call-command.ts';
import type { CallFilter, CallQuery, Moment } from '../../core/call-filter.ts';
import type { CallPage } from '../../core/call-store.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import { spawnThread } from '../../threads/spawn-thread.ts';
import type { ListContent } from '../lists/list-content.ts';
import type { PlainPage } from './lists/plain-page.ts';
import type { ReaderData, ReaderQuestion } from './serve-reader.ts';
import { type Answer, ThreadQuestions } from './thread-questions.ts';

/** Reading that may take long, in a thread of its own. */
export interface ReaderThread {
  stats(filter: CallFilter, moment: Moment): Promise<CallStats>;
  streamCalls(filter: CallFilter, moment: Moment): AsyncIterable<readonly Call[]>;
  /** All ids that a question is about; undefined: too many to be kept. */
  listContent(query: CallQuery): Promise<ListContent | undefined>;
  /** The page of a question by SQL alone, and the place in the change feed that it shows. */
  plainPage(query: CallQuery): Promise<PlainPage>;
  /** The same as calls. */
  callPage(query: CallQuery): Promise<CallPage>;
  close(): Promise<void>;
}

/** The thread begins with the first question; one that has ended is followed by another. */
export function createReaderThread(path: string): ReaderThread {
  let running: { questions: ThreadQuestions<ReaderQuestion>; ended: Promise<void> } | undefined;
  /** Shared with the thread, which looks at it before each question. */
  const isClosing = new Uint8Array(new SharedArrayBuffer(1));
  let stream = 0;

  function start() {
    if (isClosing[0] === 1) throw new StoreUnavailableError(`The database is closed (${path})`);
    if (running !== undefined) return running;
    const data: ReaderData = { path, isClosing };
    const worker = spawnThread({ program: new URL('./serve-reader.ts', import.meta.url), data, name: 'reader' });
    const questions = new ThreadQuestions<ReaderQuestion>(worker);
    const ended = Promise.withResolvers<void>();
    const started = { questions, ended: ended.promise };
    const end = (reason: unknown) => {
      if (running === started) running = undefined;
      questions.fail(new StoreUnavailableError('The thread that reads has ended', { cause: reason }));
    };
    worker.on('message', (answers: Answer[]) => {
      for (const answer of answers) questions.settle(answer);
    });
    worker.once('error', end);
    worker.once('exit', (code) => {
      end(new Error(`exit code ${code}`));
      ended.resolve();
    });
    running = started;
    return started;
  }

  return {
    async stats(filter, moment) {
      return (await start().questions.ask({ kind: 'stats', filter, moment })) as CallStats;
    },
    async listContent(query) {
      return (await start().questions.ask({ kind: 'list', query })) as ListContent | undefined;
    },
    async plainPage(query) {
      return (await start().questions.ask({ kind: 'page', query })) as PlainPage;
    },
    async callPage(query) {
      return (await start().questions.ask({ kind: 'calls', query })) as CallPage;
    },
    async *streamCalls(filter, moment) {
      const { questions } = start();
      stream += 1;
      const own = stream;
      await questions.ask({ kind: 'open', stream: own, filter, moment });
      try {
        while (true) {
          const batch = (await questions.ask({ kind: 'next', stream: own })) as readonly Call[] | undefined;
          if (batch === undefined) return;
          yield batch;
        }
      } finally {
        // Where the thread has ended there is nothing left to end.
        if (running?.questions === questions) await questions.ask({ kind: 'end', stream: own });
      }
    },
    async close() {
      const { questions, ended } = running ?? {};
      running = undefined;
      // Not `terminate`: a thread that is stopped within a statement may take the whole process with it.
      isClosing[0] = 1;
      questions?.ask({ kind: 'close' }).catch(() => undefined);
      questions?.fail(new StoreUnavailableError(`The database is closed (${path})`));
      await ended;
    },
  };
}
