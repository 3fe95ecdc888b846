/**
 * Locks of PostgreSQL that stand for no row, as two numbers. Whoever needs several takes them in this order, before any row,
 * and the row of counters at the very end: nobody then waits for somebody who waits for them.
 */
const OURS = 0x43517565;
const NUMBERS = OURS + 1;

/** Held by whoever changes the schema. */
export const SCHEMA_LOCK = `${OURS}, 1`;
/** Held shared by whoever writes derived rows, alone by whoever begins or ends to make them anew for other settings. */
export const DERIVED_LOCK = `${OURS}, 2`;
/** Held by whoever may make calls, or make one the same as another (lanes.ts). */
export const CREATING_LOCK = `${OURS}, 3`;

/**
 * Of the number of a call that is being claimed, as it is compared. Two numbers that share a lock only keep each other waiting.
 * @param number what the number is in SQL
 */
export function lockOfNumber(number: string): string {
  return `${NUMBERS}, hashtext(${number})`;
}
