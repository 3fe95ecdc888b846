/** What the fields of a call may hold, whoever fills them: a save, an import, a missed call, the settings for those. */

/** Characters of a number in any notation. */
export const LONGEST_NUMBER = 64;

/** Characters of the name of a person. */
export const LONGEST_NAME = 255;

export const LEAST_PRIORITY = -1000;
export const MOST_PRIORITY = 1000;

/** Attempts beyond the first. */
export const MOST_RETRIES = 100;

/** The name of a queue, user, context or trunk: nothing in it can be taken for an option or another channel. */
export const PBX_NAME = /^[A-Za-z0-9_.-]{1,79}$/;
