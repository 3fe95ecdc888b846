import type { Call } from '../../core/call.ts';
import type { CallFilter, CallQuery, Moment } from '../../core/call-filter.ts';
import { StoreUnavailableError } from '../../core/errors.ts';
import { threadData } from '../../threads/thread-data.ts';
import type { ListContent } from '../lists/list-content.ts';
import { listQuestionOf } from '../lists/live-list.ts';
import { Connection } from './connection.ts';
import { findListContent } from './lists/build-list.ts';
import { plainPage } from './lists/plain-page.ts';
import { createOutbox } from './outbox.ts';
import { callPage } from './read-calls.ts';
import { readStats } from './stats.ts';
import { streamCalls } from './stream-calls.ts';
import { type Answer, answerQuestions } from './thread-questions.ts';

/** The program of the reading thread: what may take long, so that it holds up nobody. Started by reader-thread.ts. */

export interface ReaderData {
  path: string;
  /** 1: whoever asked does not wait for answers any more. */
  isClosing: Uint8Array;
}

export type ReaderQuestion =
  | { kind: 'stats'; filter: CallFilter; moment: Moment }
  | { kind: 'list'; query: CallQuery }
  | { kind: 'page'; query: CallQuery }
  | { kind: 'calls'; query: CallQuery }
  /** Begins a stream; its number is the asker's. */
  | { kind: 'open'; stream: number; filter: CallFilter; moment: Moment }
  /** The next batch; undefined: there are no more. */
  | { kind: 'next'; stream: number }
  | { kind: 'end'; stream: number }
  /** Ends the thread. */
  | { kind: 'close' };

const {
  data: { path, isClosing },
  port,
} = threadData<ReaderData>();
const connect = () => new Connection(path, { readOnly: true });
const connection = connect();
const streams = new Map<number, AsyncGenerator<readonly Call[]>>();

const post = createOutbox<Answer>(port, (answer) => (answer.kind === 'done' ? buffersOfList(answer.result) : []));

answerQuestions(port, post, async (question: ReaderQuestion): Promise<unknown> => {
  if (question.kind !== 'close') requireOpen();
  switch (question.kind) {
    case 'stats':
      return readStats(connection, question.filter, question.moment);
    case 'list': {
      const { query } = question;
      return findListContent(connect, listQuestionOf(query), query.moment.now, requireOpen);
    }
    case 'page':
      return connection.read(() => plainPage(connection, question.query));
    case 'calls':
      return connection.read(() => callPage(connection, question.query));
    case 'open':
      streams.set(question.stream, streamCalls(connect, question.filter, question.moment));
      return undefined;
    case 'next':
      return (await streams.get(question.stream)?.next())?.value;
    case 'end':
      await streams.get(question.stream)?.return(undefined);
      streams.delete(question.stream);
      return undefined;
    case 'close':
      for (const stream of streams.values()) await stream.return(undefined);
      connection.close();
      port.close();
  }
});

function requireOpen(): void {
  if (isClosing[0] === 1) throw new StoreUnavailableError(`The database is closed (${path})`);
}

/** A list of a million ids is not copied: that held up the thread that serves for 20 to 80 ms. */
function buffersOfList(result: unknown): ArrayBuffer[] {
  const { ids } = (result ?? {}) as Partial<ListContent>;
  if (ids === undefined || 'first' in ids) return [];
  return (ids instanceof Int32Array ? [ids] : Object.values(ids)).map(({ buffer }) => buffer as ArrayBuffer);
}
