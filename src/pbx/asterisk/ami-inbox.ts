import type { EpochSeconds } from '../../core/clock.ts';
import type { AmiIdentity } from './ami-identity.ts';
import type { AmiMessage } from './ami-message.ts';

/** What the connection tells, in the order it happened. Each `up` is followed by one `down` before the next `up`. */
export type AmiSignal =
  | { kind: 'up'; at: EpochSeconds; identity: AmiIdentity }
  /** `at`: when it was received; most servers put no time into events. */
  | { kind: 'event'; at: EpochSeconds; message: AmiMessage }
  /** A list asked for with `listInOrder`: events before it are older than it, events behind it newer. */
  | { kind: 'list'; at: EpochSeconds; action: string; result: { value: readonly AmiMessage[] } | { error: Error } }
  /** Whatever happened after `heardAt`, when the last bytes came, until the next `up` was not heard. */
  | { kind: 'down'; at: EpochSeconds; heardAt: EpochSeconds; reason: string };

export interface AmiInboxParts {
  /** Gets signals in order, at most 1,000 at a time, and not the next ones before its promise is settled. */
  deliver: (signals: readonly AmiSignal[]) => void | Promise<void>;
  /** Called when `deliver` throws or rejects: those signals are lost to it, and not delivered again. */
  onFailure: (error: unknown, lost: readonly AmiSignal[]) => void;
  /** How many signals, and bytes of messages, may wait. */
  maxSignals: number;
  maxBytes: number;
}

const MAX_BATCH = 1_000;

/**
 * Stands between the socket, which must be read on, and the consumer, which may have to wait for a database. It holds back
 * what comes before the connection is up, so that `up` is the first that is heard of it.
 */
export class AmiInbox {
  readonly #parts: AmiInboxParts;
  #waiting: AmiSignal[] = [];
  #bytes = 0;
  #isHeld = false;
  #isDelivering = false;
  #drained = Promise.withResolvers<void>();

  constructor(parts: AmiInboxParts) {
    this.#parts = parts;
    this.#drained.resolve();
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Settles when nothing waits and nothing is being delivered. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** From now on what is put in waits for `open`. To be called when it is drained. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets `first` out, then all that was held back. */
  open(first: AmiSignal): void {
    this.#waiting.unshift(first);
    this.#isHeld = false;
    this.#schedule();
  }

  /** Forgets what was held back: it never came up. */
  discard(): void {
    if (!this.#isHeld) return;
    this.#waiting = [];
    this.#bytes = 0;
    this.#isHeld = false;
  }

  /** False when there is no room: the signal is not taken. `down` always finds room. */
  put(signal: AmiSignal): boolean {
    const size = sizeOf(signal);
    const { maxSignals, maxBytes } = this.#parts;
    const isFull = this.#waiting.length >= maxSignals || this.#bytes + size > maxBytes;
    if (isFull && signal.kind !== 'down') return false;
    this.#waiting.push(signal);
    this.#bytes += size;
    if (!this.#isHeld) this.#schedule();
    return true;
  }

  #schedule(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#drained = Promise.withResolvers<void>();
    // After the messages that were read together, so that they are delivered together.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      for (const signal of batch) this.#bytes -= sizeOf(signal);
      try {
        await this.#parts.deliver(batch);
      } catch (error) {
        this.#parts.onFailure(error, batch);
      }
      // A consumer that never waits must not keep the socket from being read.
      if (this.#waiting.length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.#isDelivering = false;
    this.#drained.resolve();
  }
}

function sizeOf(signal: AmiSignal): number {
  if (signal.kind === 'event') return signal.message.size;
  if (signal.kind !== 'list' || 'error' in signal.result) return 0;
  return signal.result.value.reduce((sum, item) => sum + item.size, 0);
}
