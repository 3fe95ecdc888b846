import { networkOf } from './client-address.ts';

export interface FailedLogins {
  /**
   * Counts a failed login of an address.
   * @returns 0, or when the address has failed too often the whole seconds after which it may try again
   */
  count(address: string): number;
}

const WINDOW_MS = 60_000;
/** About 1 MB. A caller with more addresses than this can make others forgotten, which only helps them. */
const REMEMBERED_ADDRESSES = 10_000;

/**
 * Limits failed logins per address and minute. Only failures are counted and only they are turned away: a valid token
 * always passes, so that nobody can lock others out who share their address.
 */
export function createFailedLogins(options: { perMinute: number; monotonicMs?: () => number }): FailedLogins {
  const { perMinute, monotonicMs = () => performance.now() } = options;
  const windows = new Map<string, { failures: number; endsMs: number }>();

  return {
    count(address) {
      const network = networkOf(address);
      const now = monotonicMs();
      let window = windows.get(network);
      if (window === undefined || window.endsMs <= now) {
        window = { failures: 0, endsMs: now + WINDOW_MS };
        // Deleted first, so that a map keeps its entries in order of their beginning and the first is the oldest.
        windows.delete(network);
        windows.set(network, window);
        if (windows.size > REMEMBERED_ADDRESSES) forgetOldest();
      }
      window.failures += 1;
      return window.failures <= perMinute ? 0 : Math.ceil((window.endsMs - now) / 1000);
    },
  };

  function forgetOldest(): void {
    for (const network of windows.keys()) {
      windows.delete(network);
      return;
    }
  }
}
