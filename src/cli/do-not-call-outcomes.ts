import { DO_NOT_CALL_OUTCOMES, type DoNotCallRow } from '../../client/src/contract.ts';

/** How many numbers came to what: `2 added, 1 unchanged`. */
export function outcomeCounts(rows: readonly DoNotCallRow[]): string {
  const counts = DO_NOT_CALL_OUTCOMES.map((word) => [rows.filter(({ outcome }) => outcome === word).length, word]);
  const shown = counts.filter(([count]) => count !== 0).map((count) => count.join(' '));
  return `${shown.join(', ')}\n`;
}
