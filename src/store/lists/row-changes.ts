import type { ListRow } from './list-row.ts';

/** What has become of calls. */
export interface RowChanges {
  rows: readonly ListRow[];
  /** Calls that are no longer there. */
  gone: readonly number[];
}

export const NO_CHANGES: RowChanges = { rows: [], gone: [] };
