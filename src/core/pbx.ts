/** What the core needs from a PBX. */
export interface Pbx {
  /** Whether there is a connection whose state can be trusted. */
  isConnected(): boolean;
}

/** An installation without a PBX: a list that people work off by hand. */
export const noPbx: Pbx = { isConnected: () => false };
