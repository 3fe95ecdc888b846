/** Cores that something kept busy, on average of a measurement. */
export interface BusyCores {
  /** Everything on the machine; NaN where the system does not tell. */
  machine: number;
  /** The load itself, which is one thread. */
  load: number;
}

/** A core that is asked for without pause is still told as a little less. */
const BUSY = 0.9;

/** What kept a measurement from more requests a second: then more instances cannot help. */
export function limitOf({ machine, load }: BusyCores, cores: number): 'machine' | 'load' | 'waiting' {
  if (load >= BUSY) return 'load';
  return machine >= BUSY * cores ? 'machine' : 'waiting';
}
