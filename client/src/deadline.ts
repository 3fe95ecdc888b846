import { NetworkError, TimeoutError } from './errors.ts';

/** How long one exchange with the server may take, and the caller's own wish to end it. */
export interface Deadline {
  /** Aborted by either; for `fetch`. */
  readonly signal: AbortSignal;
  /** Lets the time run from now. */
  start(): void;
  /** Stops the time, until `start`. */
  pause(): void;
  /** What to throw for what `fetch` threw: the caller's reason, a TimeoutError or a NetworkError. */
  explain(error: unknown): unknown;
  /** Lets go of timer and signal. */
  end(): void;
}

/**
 * @param url the address that is asked, for errors
 * @throws the reason of a signal that is aborted already
 */
export function createDeadline(url: string, timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  if (signal?.aborted) throw signal.reason;
  // AbortSignal.any would join the two signals, but Node has it only since version 20.
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  let isTimeUp = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = (): void => clearTimeout(timer);

  return {
    signal: abort.signal,
    start() {
      pause();
      timer = setTimeout(() => {
        isTimeUp = true;
        abort.abort();
      }, timeoutMs);
    },
    pause,
    explain(error) {
      if (signal?.aborted) return signal.reason;
      return isTimeUp ? new TimeoutError(url, timeoutMs) : new NetworkError(url, error);
    },
    end() {
      pause();
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
