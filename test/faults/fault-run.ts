/** One line of the table of results. */
export interface Figure {
  what: string;
  figure: string;
  isGood: boolean;
}

export interface FaultRunOptions {
  /** How often, in the unit that the fault names itself. */
  runs: number;
  /** The same makes the same requests; when they meet, the machine decides. */
  seed: number;
  /** An empty folder of its own. */
  folder: string;
  tell(sentence: string): void;
}

/** A fault that is caused for real, and what must hold afterwards. */
export interface Fault {
  name: string;
  title: string;
  /** Runs in the longer test, unless it is told otherwise. */
  runs: number;
  unit: string;
  /** Why it cannot be caused here; undefined when it can. */
  skipReason?(): string | undefined;
  run(options: FaultRunOptions): Promise<Figure[]>;
}

/** The line for a count of things that must not be; the first of them is told. */
export function noneOf(what: string, found: readonly string[], among: string): Figure {
  const figure = `${found.length} in ${among}`;
  return { what, figure: found[0] === undefined ? figure : `${figure}: ${found[0]}`, isGood: found.length === 0 };
}
