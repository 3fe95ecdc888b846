import { setFlagsFromString } from 'node:v8';

/**
 * For commands that pass many rows on. Rows die young, and V8 answers by letting the space for the young grow: an import of
 * 200,000 rows took 306 MiB at its peak, with this 264 MiB (a million: 292 MiB), in the same time.
 */
export function keepMemorySmall(): void {
  setFlagsFromString('--max-semi-space-size=4');
  setFlagsFromString('--semi-space-growth-factor=1');
}
