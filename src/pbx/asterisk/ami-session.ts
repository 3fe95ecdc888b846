import type { Socket } from 'node:net';
import { type AmiHeader, formatAmiAction } from './ami-action.ts';
import { AmiRefusedError, AmiUnansweredError, shown } from './ami-errors.ts';
import { createAmiFraming } from './ami-framing.ts';
import type { AmiMessage } from './ami-message.ts';
import type { AmiTimers } from './ami-timers.ts';

export interface AmiSessionParts {
  /** Connecting or connected. The session owns it from now on. */
  socket: Socket;
  timers: AmiTimers;
  /** An id that no other request of any installation has. */
  newActionId: () => string;
  /** Called whenever bytes come, before what is in them. */
  onRead: () => void;
  /** Called for each event in the order received, from within the read of the socket: must not throw or take long. */
  onEvent: (message: AmiMessage) => void;
  /** Called once, when the connection is over for whatever reason. */
  onEnd: (reason: string) => void;
}

export interface RequestOptions {
  /** Default: a new one. Needed beforehand by who writes down what was asked. */
  actionId?: string;
  /** How long to wait for the answer; default 10 s, for a list 30 s. */
  timeoutMs?: number;
}

/** Called once with what came of a request. */
type Settle<T> = (result: { value: T } | { error: Error }) => void;

interface Pending {
  action: string;
  /** Takes the timer away and the request out of the pending ones. */
  forget: () => void;
  settle: Settle<AmiMessage[]>;
  /** Items so far; undefined when the answer is one message. */
  items: AmiMessage[] | undefined;
  bytes: number;
}

/** More than that many unanswered at a time are a defect of ours or a PBX that hangs. */
const MAX_PENDING = 1_000;
const MAX_LIST_ITEMS = 50_000;
const MAX_LIST_BYTES = 32 * 1024 * 1024;
/** Requests the PBX has not read. It reads at once when it is well. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/**
 * One connection, from its first byte to its end: answers go to who asked, items to their list, all other events to
 * `onEvent`. The socket is read as it comes and never paused: a client that does not read is thrown out.
 */
export class AmiSession {
  readonly #socket: Socket;
  readonly #timers: AmiTimers;
  readonly #newActionId: () => string;
  readonly #onRead: () => void;
  readonly #onEvent: (message: AmiMessage) => void;
  readonly #onEnd: (reason: string) => void;
  readonly #framing = createAmiFraming();
  readonly #pending = new Map<string, Pending>();
  readonly #greeting = Promise.withResolvers<string>();
  #openLists = 0;
  #isShuttingDown = false;
  #endReason: string | undefined;

  constructor({ socket, timers, newActionId, onRead, onEvent, onEnd }: AmiSessionParts) {
    this.#socket = socket;
    this.#timers = timers;
    this.#newActionId = newActionId;
    this.#onRead = onRead;
    this.#onEvent = onEvent;
    this.#onEnd = onEnd;
    this.#greeting.promise.catch(() => {});
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.end(said(error)));
    socket.on('end', () => this.end(this.#isShuttingDown ? 'the PBX shuts down' : 'the PBX closed the connection'));
    socket.on('close', () => this.end('the connection was closed'));
  }

  /** The first line that the server sends; rejects when the connection ends without one. */
  get banner(): Promise<string> {
    return this.#greeting.promise;
  }

  get hasEnded(): boolean {
    return this.#endReason !== undefined;
  }

  /** Messages passed over because they were too long. */
  get dropped(): number {
    return this.#framing.dropped;
  }

  /**
   * Asks, and waits for the one answer. The bytes are handed to the socket before this returns, so a deadline checked
   * right before the call holds.
   *
   * @throws {InvalidAmiActionError} {@link AmiRefusedError} {@link AmiUnansweredError}
   */
  async request(action: string, headers: readonly AmiHeader[] = [], options: RequestOptions = {}): Promise<AmiMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<AmiMessage>();
    this.#send(action, headers, { timeoutMs: 10_000, ...options }, undefined, (result) => {
      if ('error' in result) reject(result.error);
      else resolve(result.value[0] as AmiMessage);
    });
    return await promise;
  }

  /**
   * Asks for a list and hands its items to `settle` in the very moment its last message is read: what `onEvent` has got
   * by then is older than the list, what it gets afterwards is newer. A refused or unanswered request is handed over as error.
   *
   * @throws {InvalidAmiActionError}
   */
  list(
    action: string,
    headers: readonly AmiHeader[],
    settle: Settle<AmiMessage[]>,
    options: RequestOptions = {},
  ): void {
    this.#send(action, headers, { timeoutMs: 30_000, ...options }, [], settle);
  }

  /** Closes the connection and rejects all that is unanswered. May be called at any moment, twice as well. */
  end(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    this.#socket.destroy();
    this.#greeting.reject(new AmiUnansweredError('Connecting', reason, { isOutcomeUnknown: false }));
    for (const { action, forget, settle } of [...this.#pending.values()]) {
      forget();
      settle({ error: new AmiUnansweredError(action, reason, { isOutcomeUnknown: true }) });
    }
    this.#onEnd(reason);
  }

  /** Says goodbye if the socket takes it, and closes. */
  leave(): void {
    if (this.#endReason === undefined && this.#socket.writable && !this.#socket.connecting) {
      this.#socket.write(formatAmiAction([['Action', 'Logoff']]));
    }
    this.end('stopped');
  }

  #send(
    action: string,
    headers: readonly AmiHeader[],
    { actionId = this.#newActionId(), timeoutMs }: RequestOptions & { timeoutMs: number },
    items: AmiMessage[] | undefined,
    settle: Settle<AmiMessage[]>,
  ): void {
    const bytes = formatAmiAction([['Action', action], ...headers, ['ActionID', actionId]]);
    const refusal = this.#refusalToSend(actionId);
    if (refusal !== undefined) {
      settle({ error: new AmiUnansweredError(action, refusal, { isOutcomeUnknown: false }) });
      return;
    }
    const cancel = this.#timers.after(timeoutMs, () => {
      pending.forget();
      const reason = `the PBX was silent for ${timeoutMs / 1000} s`;
      settle({ error: new AmiUnansweredError(action, reason, { isOutcomeUnknown: true }) });
    });
    const forget = () => {
      cancel();
      this.#pending.delete(actionId);
      if (items !== undefined) this.#openLists--;
    };
    const pending: Pending = { action, forget, settle, items, bytes: 0 };
    this.#pending.set(actionId, pending);
    if (items !== undefined) this.#openLists++;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.end('the PBX does not read what is sent to it');
  }

  #refusalToSend(actionId: string): string | undefined {
    if (this.#endReason !== undefined) return this.#endReason;
    if (this.#pending.size >= MAX_PENDING) return `${MAX_PENDING} requests are unanswered already`;
    if (this.#pending.has(actionId)) return `a request with ActionID ${actionId} is unanswered already`;
    return undefined;
  }

  #read(chunk: Uint8Array): void {
    if (this.#endReason !== undefined) return;
    this.#onRead();
    const messages = this.#framing.push(chunk);
    if (this.#framing.banner !== undefined) this.#greeting.resolve(this.#framing.banner);
    for (const message of messages) {
      // Taking one may end the session; then none behind it is taken, as that would hide that something is missing.
      if (this.#endReason !== undefined) return;
      if (message.event === undefined) this.#takeAnswer(message);
      else if (this.#openLists === 0 || !this.#takeItem(message)) this.#takeEvent(message);
    }
  }

  #takeEvent(message: AmiMessage): void {
    if (message.event === 'Shutdown') this.#isShuttingDown = true;
    this.#onEvent(message);
  }

  #takeAnswer(message: AmiMessage): void {
    const pending = this.#pending.get(message.get('ActionID') ?? '');
    // Answers without an id of ours: late ones, and those to Logoff.
    if (pending === undefined) return;
    const isRefused = message.get('Response') === 'Error';
    // The answer to a list comes first and only announces it.
    if (!isRefused && pending.items !== undefined) return;
    pending.forget();
    if (isRefused) {
      pending.settle({
        error: new AmiRefusedError(pending.action, shown(message.get('Message') ?? 'no reason given')),
      });
    } else pending.settle({ value: [message] });
  }

  /** Items can only be told from events by their ActionID; the event OriginateResponse has one too, but never that of a list. */
  #takeItem(message: AmiMessage): boolean {
    const pending = this.#pending.get(message.get('ActionID') ?? '');
    if (pending?.items === undefined) return false;
    if (message.get('EventList') === 'Complete' || message.event?.endsWith('Complete')) {
      pending.forget();
      pending.settle({ value: pending.items });
      return true;
    }
    pending.items.push(message);
    pending.bytes += message.size;
    if (pending.items.length > MAX_LIST_ITEMS || pending.bytes > MAX_LIST_BYTES) {
      pending.forget();
      const reason = `the list is longer than ${MAX_LIST_ITEMS} items or ${MAX_LIST_BYTES / 1024 / 1024} MiB`;
      pending.settle({ error: new AmiUnansweredError(pending.action, reason, { isOutcomeUnknown: true }) });
    }
    return true;
  }
}

/** Several addresses of a host that all fail give an error without a text of its own. */
function said(error: Error & { code?: string }): string {
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  return shown(error.message || first?.message || error.code || 'the connection failed');
}
