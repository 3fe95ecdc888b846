/** Time that only moves forward, and alarms on it; passed in so that tests can move it by hand. */
export interface AmiTimers {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Calls once after so many milliseconds; answers what takes it back, which may be called at any time. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemTimers: AmiTimers = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
