/**
 * `LIMIT` and `OFFSET` with bound values. SQLite looks at the value of a plain `LIMIT ?` while planning, and so plans
 * the statement anew each time that a value is bound: 5 to 100 us. Into a sum it does not look.
 */
export const LIMIT = 'LIMIT ? + 0';
export const LIMIT_OFFSET = 'LIMIT ? + 0 OFFSET ? + 0';
