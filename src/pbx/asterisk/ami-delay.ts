const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/**
 * How long to wait before connecting again, in ms: doubles with each failure from 0.5 s to 30 s, half of it by chance, so
 * that many clients of a PBX that restarts do not come back in the same moment. `random` gives 0 to 1.
 */
export function reconnectDelayMs(failures: number, random: () => number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + random() / 2);
}
