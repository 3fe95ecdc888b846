/** Whole seconds since 1970-01-01T00:00:00Z: the resolution in which the API shows and compares every instant. */
export type EpochSeconds = number;

/** The time, passed in so that tests can hold it still. */
export interface Clock {
  now(): EpochSeconds;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };
