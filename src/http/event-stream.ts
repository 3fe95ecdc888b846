import type { ServerResponse } from 'node:http';
import type { CallQueue } from '../core/call-queue.ts';
import type { FeedView } from '../wire/changes-request.ts';
import { commentInEvents } from '../wire/server-events.ts';

export interface EventStreamOptions {
  response: ServerResponse;
  queue: CallQueue;
  view: FeedView;
  /** The same for streams that are answered the same rows in the same form. */
  viewName: string;
  /** The last change that the reader knows. */
  since: number;
  /** The `Authorization` headers of the request, to ask again whether the token is still good. */
  authorization: readonly string[];
  tokenName: string;
  requestId: string;
  /** How long a reader may have taken nothing of what is ready for it. */
  patienceMs: number;
  /** It has room again. */
  onReady(): void;
  /** It takes nothing: it is to be cut. */
  onStalled(): void;
}

/**
 * What a reader has not taken yet, at most; beside it only the one page that went over it. More feeds nobody faster, as
 * the system holds megabytes for a socket, and costs it for every reader that stalls: a hundred that came while changes
 * went on took 240 MiB with 1 MiB here, 50 with this and small pages.
 */
const MOST_UNSENT_BYTES = 128 * 1024;
/** How long the reader of an ended stream may take to read its last bytes and to close the connection. */
const GOODBYE_MS = 1000;
/** A healthy connection is never silent for that long: there is a comment every 15 s. */
const DEAD_AFTER_MS = 60_000;

/**
 * One reader of the change feed. It is given pages as long as less than 128 KiB of them waits to be sent; from then on it
 * has some seconds to take all of it. So who is slow gets everything at its own pace, who has stalled costs little
 * memory and not for long, and neither holds up anybody else.
 */
export class EventStream {
  readonly options: EventStreamOptions;
  /** The last change that it was given. */
  position: number;
  #stall: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(options: EventStreamOptions) {
    this.options = options;
    this.position = options.since;
    const { response } = options;
    response.socket?.setTimeout(DEAD_AFTER_MS);
    response.on('drain', () => {
      clearTimeout(this.#stall);
      this.#stall = undefined;
      if (!this.#isEnded) options.onReady();
    });
    response.once('close', () => {
      this.#isEnded = true;
      clearTimeout(this.#stall);
    });
  }

  /** Whether it may be given more. */
  get isReady(): boolean {
    return !this.#isEnded && this.options.response.writableLength < MOST_UNSENT_BYTES;
  }

  /** A page of the feed, and the last change that it tells of. */
  give(events: Uint8Array, position: number): void {
    this.position = position;
    if (events.length > 0) this.send(events);
  }

  /** Anything else; dropped while there is no room. */
  send(bytes: Uint8Array | string): void {
    if (!this.isReady) return;
    this.options.response.write(bytes);
    if (!this.isReady) this.#stall ??= setTimeout(this.options.onStalled, this.options.patienceMs);
  }

  /** Ends it and says why. May be called twice. */
  end(comment: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#stall);
    const { response } = this.options;
    // The socket, as an answer counts as done when it is sent, read or not.
    const { socket } = response;
    const timer = setTimeout(() => socket?.destroy(), GOODBYE_MS);
    socket?.once('close', () => clearTimeout(timer));
    response.end(commentInEvents(comment));
  }
}
