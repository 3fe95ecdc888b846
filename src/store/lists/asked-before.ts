/** Most questions that are remembered, and the longest key of one: together some megabytes. */
const MOST_KEYS = 4_096;
const LONGEST_KEY = 2_000;

/** Which questions were asked before. Those of callers who ask for another instant each time never come again. */
export class AskedBefore {
  /** Oldest first; true: a list of it cannot be kept. */
  readonly #keys = new Map<string, boolean>();

  /** Whether the question was asked before; from now on it was. */
  isAgain(key: string): boolean {
    if (key.length > LONGEST_KEY) return false;
    if (this.#keys.has(key)) return true;
    this.#remember(key, false);
    return false;
  }

  isHopeless(key: string): boolean {
    return key.length > LONGEST_KEY || this.#keys.get(key) === true;
  }

  giveUp(key: string): void {
    this.#keys.delete(key);
    this.#remember(key, true);
  }

  #remember(key: string, isHopeless: boolean): void {
    const [oldest] = this.#keys.keys();
    if (this.#keys.size >= MOST_KEYS && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.set(key, isHopeless);
  }
}
