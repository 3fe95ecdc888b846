import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Logger } from 'pino';
import { type Clock, type EpochSeconds, systemClock } from '../../core/clock.ts';
import type { AmiHeader } from './ami-action.ts';
import type { AmiAddress } from './ami-address.ts';
import { reconnectDelayMs } from './ami-delay.ts';
import { AmiUnansweredError } from './ami-errors.ts';
import { type AmiIdentity, readIdentity } from './ami-identity.ts';
import { AmiInbox, type AmiSignal } from './ami-inbox.ts';
import { AmiLoginError, checkBanner, logIn } from './ami-login.ts';
import type { AmiMessage } from './ami-message.ts';
import { keepPinging } from './ami-ping.ts';
import { AmiSession, type RequestOptions } from './ami-session.ts';
import type { AmiPhase, AmiState } from './ami-state.ts';
import { type AmiTimers, systemTimers } from './ami-timers.ts';

export interface AmiConnectionOptions {
  address: AmiAddress;
  logger: Logger;
  /** Begins the ids of our requests: one word an installation, since answers to Originates go to every client. */
  actionIdPrefix: string;
  /** Gets all that happens, in order; may take its time (see {@link AmiInbox}). */
  deliver: (signals: readonly AmiSignal[]) => void | Promise<void>;
  /** Which events are delivered, by name; default all. Others cost nothing but the read. */
  isWanted?: (event: string) => boolean;
  /** For `amis://`: certificate authorities beside the known ones, or whom to believe without. */
  tls?: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized' | 'servername'>;
  /** How much may wait for `deliver` before the connection is dropped; default 100,000 signals and 64 MiB. */
  maxSignals?: number;
  maxBytes?: number;
  clock?: Clock;
  timers?: AmiTimers;
  /** From 0 to 1, for delays; default Math.random. */
  random?: () => number;
}

/** To the first line of the server. */
const GREETING_LIMIT_MS = 10_000;
/** From the login to FullyBooted. What starts slower is found by the next attempt. */
const BOOT_LIMIT_MS = 30_000;
/** A connection that was up for so long was a good one: the next delay is the first again. */
const STABLE_MS = 10_000;

/**
 * Keeps a connection to a manager port: connects, logs in, waits until the PBX has booted, notices when it is gone, and
 * does all of it again. There is one way to connect, the first time as every other time.
 *
 * When the consumer falls so far behind that its queue is full, the connection is dropped rather than memory used without
 * end: the consumer gets what is queued and then a `down`, and only when it has taken all is there a new attempt.
 */
export class AmiConnection {
  readonly #options: AmiConnectionOptions;
  readonly #clock: Clock;
  readonly #timers: AmiTimers;
  readonly #random: () => number;
  readonly #inbox: AmiInbox;
  /** Not even a second run of this process gives an id again. */
  readonly #run = randomBytes(6).toString('hex');
  #lastActionId = 0;
  #life: { abort: AbortController; ended: Promise<void> } | undefined;
  #session: AmiSession | undefined;
  #phase: AmiPhase = 'stopped';
  #since: EpochSeconds;
  #identity: AmiIdentity | undefined;
  #lastEventAt: EpochSeconds | undefined;
  #heardAt: EpochSeconds;
  /** When the first signal was received that the consumer failed at. */
  #lostFrom: EpochSeconds | undefined;
  #lastFailure: AmiState['lastFailure'];
  #dropped = 0;
  #failures = 0;

  constructor(options: AmiConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timers = options.timers ?? systemTimers;
    this.#random = options.random ?? Math.random;
    this.#since = this.#clock.now();
    this.#heardAt = this.#since;
    this.#inbox = new AmiInbox({
      deliver: options.deliver,
      onFailure: (error, lost) => {
        options.logger.error({ err: error }, 'An event of the PBX could not be processed');
        this.#lostFrom = lost[0]?.at;
        this.#session?.end('an event could not be processed');
      },
      maxSignals: options.maxSignals ?? 100_000,
      maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    });
  }

  /** Begins to connect, and goes on until `stop`. */
  start(): void {
    if (this.#life !== undefined) return;
    const abort = new AbortController();
    this.#life = { abort, ended: this.#live(abort.signal) };
  }

  /** Closes the connection. What is queued is still delivered, and not waited for: see `drained`. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.abort.abort();
    this.#session?.leave();
    await life.ended;
    if (this.#life === life) this.#life = undefined;
  }

  /** Settles when the consumer has taken all there is. */
  get drained(): Promise<void> {
    return this.#inbox.drained;
  }

  get state(): AmiState {
    return {
      phase: this.#phase,
      since: this.#since,
      identity: this.#identity,
      lastEventAt: this.#lastEventAt,
      heardAt: this.#heardAt,
      lastFailure: this.#lastFailure,
      queued: this.#inbox.size,
      dropped: this.#dropped + (this.#session?.dropped ?? 0),
    };
  }

  /** An id for a request, for who must write it down before it is sent. */
  newActionId(): string {
    return `${this.#options.actionIdPrefix}-${this.#run}-${++this.#lastActionId}`;
  }

  /**
   * Asks the PBX, and waits for its answer. The bytes are handed to the socket before this returns.
   *
   * @throws {InvalidAmiActionError} when it would not arrive as meant; nothing is sent
   * @throws {AmiRefusedError} when the PBX answers with an error
   * @throws {AmiUnansweredError} without an answer in time, without a connection, or when it ends meanwhile
   */
  async request(action: string, headers: readonly AmiHeader[] = [], options: RequestOptions = {}): Promise<AmiMessage> {
    return await this.#upSession(action).request(action, headers, options);
  }

  /** Asks for a list (`QueueStatus`, `CoreShowChannels`) and collects its items. @throws as `request` */
  async list(action: string, headers: readonly AmiHeader[] = [], options: RequestOptions = {}): Promise<AmiMessage[]> {
    const { promise, resolve, reject } = Promise.withResolvers<AmiMessage[]>();
    this.#upSession(action).list(
      action,
      headers,
      (result) => ('error' in result ? reject(result.error) : resolve(result.value)),
      options,
    );
    return await promise;
  }

  /**
   * Asks for a list that is delivered among the signals, at the place where it was read: what was received before it is
   * delivered before it. Also when it fails. @throws {InvalidAmiActionError} {@link AmiUnansweredError} when not connected
   */
  listInOrder(action: string, headers: readonly AmiHeader[] = [], options: RequestOptions = {}): void {
    const session = this.#upSession(action);
    session.list(
      action,
      headers,
      (result) => this.#put(session, { kind: 'list', at: this.#clock.now(), action, result }),
      options,
    );
  }

  #upSession(action: string): AmiSession {
    if (this.#session !== undefined && this.#phase === 'up') return this.#session;
    throw new AmiUnansweredError(action, 'there is no connection to the PBX', { isOutcomeUnknown: false });
  }

  async #live(stopped: AbortSignal): Promise<void> {
    this.#failures = 0;
    while (!stopped.aborted) {
      // Whoever has not taken the last connection's events yet could only fall further behind.
      await orStopped(stopped, (done) => {
        void this.#inbox.drained.then(done);
        return () => {};
      });
      if (stopped.aborted) break;
      await this.#connectOnce(stopped);
      if (stopped.aborted) break;
      this.#enter('waiting');
      await orStopped(stopped, (done) => this.#timers.after(reconnectDelayMs(this.#failures, this.#random), done));
    }
    this.#enter('stopped');
  }

  /** One connection from beginning to end. */
  async #connectOnce(stopped: AbortSignal): Promise<void> {
    this.#enter('connecting');
    this.#lostFrom = undefined;
    const ended = Promise.withResolvers<string>();
    const booted = Promise.withResolvers<AmiMessage>();
    const cancels: (() => void)[] = [];
    this.#inbox.hold();
    const session = new AmiSession({
      socket: this.#openSocket(),
      timers: this.#timers,
      newActionId: () => this.newActionId(),
      onRead: () => {
        this.#heardAt = this.#clock.now();
      },
      onEvent: (message) => {
        if (message.event === 'FullyBooted') booted.resolve(message);
        this.#takeEvent(session, message);
      },
      onEnd: ended.resolve,
    });
    this.#session = session;
    let isOursToMend = false;
    this.#bringUp(session, booted.promise, cancels).catch((error: Error) => {
      isOursToMend = error instanceof AmiLoginError;
      session.end(error.message);
    });
    const reason = await ended.promise;
    for (const cancel of cancels) cancel();
    this.#session = undefined;
    this.#dropped += session.dropped;
    const wasUp = this.#phase === 'up';
    const at = this.#clock.now();
    if (wasUp) this.#inbox.put({ kind: 'down', at, heardAt: this.#lostFrom ?? this.#heardAt, reason });
    else this.#inbox.discard();
    if (stopped.aborted) return;
    this.#lastFailure = { at, reason };
    // A refused login is not tried again soon: some machines lock addresses out that fail too often.
    this.#failures = isOursToMend ? Number.POSITIVE_INFINITY : this.#failures + 1;
    const { host, port } = this.#options.address;
    this.#options.logger.warn({ host, port, reason }, wasUp ? 'PBX connection lost' : 'PBX not connected');
  }

  async #bringUp(session: AmiSession, whenBooted: Promise<AmiMessage>, cancels: (() => void)[]): Promise<void> {
    const { address, logger } = this.#options;
    const { host, port, user } = address;
    const within = async <T>(limitMs: number, promise: Promise<T>, reason: string): Promise<T> => {
      const cancel = this.#timers.after(limitMs, () => session.end(reason));
      cancels.push(cancel);
      const value = await promise;
      cancel();
      return value;
    };
    const silent = `no answer from ${host}:${port} for ${GREETING_LIMIT_MS / 1000} s`;
    const banner = await within(GREETING_LIMIT_MS, session.banner, silent);
    checkBanner(banner);
    this.#enter('authenticating');
    await logIn(session, address);
    if (session.hasEnded) return;
    this.#enter('booting');
    cancels.push(keepPinging(session, this.#timers));
    const unready = `logged in, but no FullyBooted for ${BOOT_LIMIT_MS / 1000} s: the PBX is still starting, or ${user} lacks read = system in manager.conf`;
    const booted = await within(BOOT_LIMIT_MS, whenBooted, unready);
    const identity = await readIdentity(session, banner, { booted, now: this.#clock.now() });
    if (session.hasEnded) return;
    this.#identity = identity;
    this.#enter('up');
    this.#inbox.open({ kind: 'up', at: this.#since, identity });
    cancels.push(
      this.#timers.after(STABLE_MS, () => {
        this.#failures = 0;
      }),
    );
    logger.info({ host, port, version: identity.version }, 'PBX connected');
  }

  #takeEvent(session: AmiSession, message: AmiMessage): void {
    this.#lastEventAt = this.#heardAt;
    if (this.#options.isWanted?.(message.event ?? '') === false) return;
    this.#put(session, { kind: 'event', at: this.#heardAt, message });
  }

  #put(session: AmiSession, signal: AmiSignal): void {
    if (this.#inbox.put(signal)) return;
    session.end(`${this.#inbox.size} events wait to be processed, more are not kept`);
  }

  #openSocket(): Socket {
    const { address, tls } = this.#options;
    const { host, port, isEncrypted } = address;
    const socket = isEncrypted ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
    return socket.setNoDelay(true).setKeepAlive(true, 30_000);
  }

  #enter(phase: AmiPhase): void {
    this.#phase = phase;
    this.#since = this.#clock.now();
  }
}

/** Waits until `begin` calls back, or for the stop; then takes back what `begin` answered. */
async function orStopped(stopped: AbortSignal, begin: (done: () => void) => () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onStop = () => resolve();
  stopped.addEventListener('abort', onStop);
  const cancel = begin(resolve);
  await promise;
  stopped.removeEventListener('abort', onStop);
  cancel();
}
