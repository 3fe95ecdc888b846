import type { Call } from './call.ts';
import type { CallFilter, CallQuery, Moment } from './call-filter.ts';
import type { CallPage, CallStore, RenderedPage } from './call-store.ts';
import type { Clock } from './clock.ts';
import type { Pbx } from './pbx.ts';

/** One question to the queue; the moment it is asked for is added here. */
export type CallQuestion = Omit<CallQuery, 'moment'>;

/** Calls, and the moment that `due` and `waiting_for` were judged at. */
export interface CallsOfAMoment extends CallPage {
  moment: Moment;
}

/** Everything that can be asked of the queue or done to it. */
export interface CallQueue {
  /** A page as the API shows it by default, ready to be sent. */
  readRendered(question: CallQuestion): Promise<RenderedPage>;
  /** The same calls, for any other shape. */
  readCalls(question: CallQuestion): Promise<CallsOfAMoment>;
  /** All matching calls in order of id, in batches, as of one moment. */
  streamCalls(filter: CallFilter): AsyncIterable<readonly Call[]>;
}

export function createCallQueue(parts: { store: CallStore; clock: Clock; pbx: Pbx }): CallQueue {
  const { store, clock, pbx } = parts;
  const moment = (): Moment => ({ now: clock.now(), pbxConnected: pbx.isConnected() });

  return {
    readRendered: (question) => store.readRendered({ ...question, moment: moment() }),
    async readCalls(question) {
      const asked = { ...question, moment: moment() };
      return { ...(await store.readCalls(asked)), moment: asked.moment };
    },
    streamCalls: (filter) => store.streamCalls(filter, moment()),
  };
}
