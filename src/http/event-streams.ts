import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StoreUnavailableError } from '../core/errors.ts';
import { type Authenticator, FailedLogin } from '../wire/authenticate.ts';
import { messages, streamComments } from '../wire/messages.ts';
import { Refusal } from '../wire/refusal.ts';
import { beginningOfEvents, commentInEvents, eventsOf } from '../wire/server-events.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';

export interface EventStreamsOptions {
  maxStreams: number;
  logger: Logger;
  /** How long a reader that has 1 MiB waiting may take nothing before it is cut. */
  patienceMs?: number | undefined;
}

export type NewEventStream = Omit<EventStreamOptions, 'patienceMs' | 'onReady' | 'onStalled'>;

/** Changes that come within this time are read and sent together. */
const ROUND_MS = 20;
/** Rows of 15 KB at most, usually of 1 KB. */
const PAGE = 100;
const HEARTBEAT_MS = 15_000;
/** With the 5 s that a login is remembered, a revoked token ends its streams within 10 s; 15 are promised. */
const TOKEN_CHECK_MS = 5000;
const STORE_RETRY_MS = 1000;
const PATIENCE_MS = 10_000;

/**
 * All open streams of changes. Streams that ask the same and stand at the same change share one read of the feed and
 * one rendering of it, so that a hundred screens that watch the same list cost as much as one.
 */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #streams = new Set<EventStream>();
  #authenticator: Authenticator | undefined;
  #stopListening: (() => void) | undefined;
  #timers: NodeJS.Timeout[] = [];
  #hasNews = false;
  #isRunning = false;
  #newest = 0;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** How many changes the reader that is furthest behind has still to get. */
  get lag(): number {
    let lag = 0;
    for (const { position } of this.#streams) lag = Math.max(lag, this.#newest - position);
    return lag;
  }

  /** @throws Refusal 503 when there are too many already */
  requireRoom(): void {
    const { maxStreams } = this.#options;
    if (this.#streams.size < maxStreams) return;
    throw new Refusal(503, [messages.tooManyStreams(maxStreams)], { 'retry-after': '5' });
  }

  /** Takes over an answer whose headers are sent; `requireRoom` has just been asked. */
  open(options: NewEventStream, authenticator: Authenticator): void {
    const stream = new EventStream({
      ...options,
      patienceMs: this.#options.patienceMs ?? PATIENCE_MS,
      onReady: () => this.#wake(),
      onStalled: () => this.#cut(stream),
    });
    this.#streams.add(stream);
    options.response.once('close', () => this.#forget(stream));
    stream.send(beginningOfEvents());
    if (this.#streams.size === 1) this.#begin(options, authenticator);
    this.#wake();
  }

  /** Ends all streams; the readers come back when there is somebody again. */
  endAll(): void {
    for (const stream of this.#streams) this.#end(stream, streamComments.stopping());
  }

  #begin({ queue }: NewEventStream, authenticator: Authenticator): void {
    this.#authenticator = authenticator;
    this.#stopListening = queue.onChange(() => this.#wake());
    this.#timers = [
      setInterval(() => this.#sayAlive(), HEARTBEAT_MS),
      setInterval(() => void this.#checkTokens(), TOKEN_CHECK_MS),
    ];
  }

  #forget(stream: EventStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    this.#stopListening?.();
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  #end(stream: EventStream, comment: string): void {
    stream.end(comment);
    this.#forget(stream);
  }

  #cut(stream: EventStream): void {
    const { requestId, tokenName } = stream.options;
    this.#options.logger.warn({ requestId, tokenName, position: stream.position }, 'event stream cut: it is not read');
    this.#end(stream, streamComments.tooSlow());
  }

  #sayAlive(): void {
    const comment = commentInEvents(streamComments.alive());
    for (const stream of this.#streams) stream.send(comment);
  }

  async #checkTokens(): Promise<void> {
    const byToken = Map.groupBy(this.#streams, ({ options }) => options.authorization.join('\n'));
    for (const [first, ...others] of byToken.values()) {
      if (first === undefined) continue;
      try {
        await this.#authenticator?.authenticate(first.options.authorization);
      } catch (error) {
        // Of a database that is away nothing can be read anyway.
        if (!(error instanceof FailedLogin)) continue;
        const { tokenName } = first.options;
        const streams = [first, ...others];
        this.#options.logger.warn({ audit: 'streams_ended', tokenName, streams: streams.length }, 'token revoked');
        for (const stream of streams) this.#end(stream, streamComments.revoked());
      }
    }
  }

  #wake(): void {
    this.#hasNews = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  /** One round after the other for as long as there is something to tell; never two at a time. */
  async #run(): Promise<void> {
    while (this.#hasNews) {
      this.#hasNews = false;
      const isBehind = await this.#round();
      // Who is behind is not made to wait, but other requests have their turn.
      if (isBehind) await breathe();
      else await sleep(ROUND_MS);
    }
    this.#isRunning = false;
  }

  /** @returns whether somebody who is ready has more to get */
  async #round(): Promise<boolean> {
    let isBehind = false;
    const ready = [...this.#streams].filter((stream) => stream.isReady);
    const groups = Map.groupBy(ready, ({ position, options }) => `${position} ${options.viewName}`);
    for (const [first, ...others] of groups.values()) {
      if (first === undefined) continue;
      try {
        if (await this.#serve(first, [first, ...others])) isBehind = true;
        // Readers at many places: what was written may leave before the next page is made.
        if (groups.size > 1) await breathe();
      } catch (error) {
        this.#fail([first, ...others], error);
      }
    }
    if (isBehind) this.#hasNews = true;
    return isBehind;
  }

  /** @param group streams that ask the same and stand at the same change */
  async #serve({ options: { queue, view }, position }: EventStream, group: readonly EventStream[]): Promise<boolean> {
    const { filter, projectIds } = view;
    const page = await queue.changes({ since: position, limit: PAGE, filter, projectIds });
    this.#newest = Math.max(this.#newest, page.nextSince);
    // One piece of memory, however many connections it waits in.
    const events = Buffer.from(eventsOf(page, view));
    for (const stream of group) stream.give(events, page.nextSince);
    return page.more;
  }

  #fail(group: readonly EventStream[], error: unknown): void {
    const { logger } = this.#options;
    if (error instanceof StoreUnavailableError) {
      logger.warn({ err: error }, 'the change feed cannot be read at the moment');
      setTimeout(() => this.#wake(), STORE_RETRY_MS).unref();
      return;
    }
    logger.error({ err: error }, 'event streams ended');
    for (const stream of group) this.#end(stream, streamComments.failed());
  }
}
