import type { PbxFinding } from '../../core/pbx-finding.ts';

export interface FindingOutbox {
  /** Settles when everything put in so far was taken. */
  put(findings: readonly PbxFinding[]): Promise<void>;
  /** Nothing waits to be taken. */
  isEmpty(): boolean;
}

const MOST_AT_A_TIME = 500;

/** Hands findings on in their order, a bounded number at a time, each batch when the one before was taken. */
export function createFindingOutbox(report: (findings: PbxFinding[]) => Promise<void>): FindingOutbox {
  let waiting: PbxFinding[] = [];
  let reporting: Promise<void> | undefined;

  async function reportAll(): Promise<void> {
    // Together with what the same turn still finds.
    await Promise.resolve();
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, MOST_AT_A_TIME);
        waiting = waiting.slice(MOST_AT_A_TIME);
        await report(batch);
      }
    } finally {
      reporting = undefined;
    }
  }

  return {
    put(findings) {
      for (const finding of findings) waiting.push(finding);
      if (waiting.length > 0) reporting ??= reportAll();
      return reporting ?? Promise.resolve();
    },
    isEmpty: () => reporting === undefined,
  };
}
